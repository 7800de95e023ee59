"""Opens lists as a signed-in operator does, and takes the time of the whole answer.

The thousandth page is begun where its links lead to: for the unfiltered list they are followed, all
999 of them; for a filter the row number in the link is looked up, which is the same one.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Final

from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from consent_server.storage.looking import PAGE_ROWS

_ROUNDS: Final = 15
_DEEP: Final = 1000
_OLDER: Final = re.compile(r'href="([^"#]*before=(\d+)[^"#]*)#found" rel="next"')
_ROWS: Final = re.compile(r"<tr><td")


@dataclass(frozen=True, slots=True)
class Lists:
    """One kind of records. searches: query of the address by name; where: the same in SQL."""

    path: str
    table: str
    searches: Mapping[str, str]
    where: Mapping[str, str] = field(default_factory=dict)


def times_of(
    client: FlaskClient, engine: Engine, lists: Lists, *, walks: bool
) -> dict[str, dict[str, Any]]:
    """Returns milliseconds, rows and whether looking stopped, of the first and the deep page.

    walks: follow the links of the whole list, and do not look up where they lead.
    """
    found: dict[str, dict[str, Any]] = {}
    for name, query in lists.searches.items():
        first = f"{lists.path}?{query}"
        found[name] = {"first": _timed(client, first)}
        is_walked = walks and not query
        deep = _walked(client, first) if is_walked else _deep(engine, lists, name)
        if deep is not None:
            found[name]["deep"] = _timed(client, f"{first}&before={deep}")
        elif found[name]["first"]["older"]:
            found[name]["next"] = _timed(client, f"{first}&before={found[name]['first']['older']}")
        print(f"    {name}: {found[name]}", flush=True)
    return found


def _timed(client: FlaskClient, path: str) -> dict[str, Any]:
    rounds, worked = [], []
    client.get(path)
    for _ in range(_ROUNDS):
        began, at_work = time.perf_counter(), time.thread_time()
        answer = client.get(path)
        rounds.append((time.perf_counter() - began) * 1000)
        worked.append((time.thread_time() - at_work) * 1000)
        assert answer.status_code == 200, (path, answer.status_code)
    older = _OLDER.search(answer.text)
    return {
        "ms": round(median(rounds), 1),
        "processor_ms": round(median(worked), 1),
        "rows": len(_ROWS.findall(answer.text)),
        "is_stopped": "hint stopped" in answer.text,
        "older": int(older[2]) if older else None,
    }


def _walked(client: FlaskClient, path: str) -> int:
    """Follows the links; returns the row number in the one to the thousandth page."""
    number = 0
    for _ in range(_DEEP - 1):
        link = _OLDER.search(client.get(path).text)
        assert link, path
        path, number = link[1].replace("&amp;", "&"), int(link[2])
    return number


def _deep(engine: Engine, lists: Lists, name: str) -> int | None:
    where = lists.where[name]
    query = (
        f"SELECT id FROM {lists.table} WHERE {where} ORDER BY id DESC"
        f" LIMIT 1 OFFSET {PAGE_ROWS * (_DEEP - 1) - 1}"
    )
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        number: int | None = connection.execute(text(query)).scalar_one_or_none()
    return number
