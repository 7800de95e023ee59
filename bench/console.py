"""How long the pages of the console take on the server, with a million consent records on SQLite.

Records are written as they lie in the database, over the last year and on two sites, then counted
by the job, as after an upgrade. Each page is opened several times by a signed-in owner, without a
network in between; the median counts. What must stay below 100 ms is the whole answer: session,
queries, template.

    python -m bench.console --records 100000     a quick look
    python -m bench.console --write              a million, and stores the result
"""

from __future__ import annotations

import argparse
import json
import platform
import sqlite3
import tempfile
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from bench.deployment import ROOT
from consent_server.app import create_app, house_of
from consent_server.config import Settings
from consent_server.demo.services import demo_notice
from consent_server.operators.services import add_operator
from consent_server.policies.services import open_site
from consent_server.sites.services import NewSite
from consent_server.storage.database import db
from consent_server.storage.migrate import upgrade

_RESULT = ROOT / "bench" / "results" / "console.json"
_LIMIT_MS = 100.0
_ROUNDS = 9
_DAYS = 365
_EMAIL, _PASSWORD = "owner@bench.example", "a long pass phrase of the bench"
_ACTIONS = ("accept_all", "refuse_all", "customise", "ask_each", "withdraw")
_PAGES = (
    "/admin/",
    "/admin/statistics",
    "/admin/statistics?since={year_ago}",
    "/admin/sites",
    "/admin/sites/{site}",
    "/admin/sites/{site}/notice",
    "/admin/consents",
    "/admin/consents?site={site}&action=withdraw",
    "/admin/exports",
    "/admin/exports/copies",
    "/admin/archive",
    "/admin/disclosures",
    "/admin/certificates",
    "/admin/holds",
    "/admin/retention",
    "/admin/access-log",
)


def measure(records: int) -> dict[str, Any]:
    """Returns milliseconds by page, and how long filling and counting took."""
    with tempfile.TemporaryDirectory() as home:
        settings = Settings.from_environ({"CONSENT_HOME": home, "CONSENT_RATE_LIMITS": "off"})
        upgrade(settings)
        app = create_app(settings)
        with app.app_context():
            sites = [
                open_site(
                    NewSite(name=f"Shop {n}", origins=[f"https://{n}.example"]), demo_notice()
                )
                for n in range(2)
            ]
            keys, ids = [site.key for site in sites], [site.id for site in sites]
            add_operator(_EMAIL, _PASSWORD, "owner")
            fill(Path(str(db.engine.url.database)), ids, records)
            began = time.perf_counter()
            counted = house_of(app).upkeep.decisions.run()
            seconds = time.perf_counter() - began
        pages = times_of(app, keys[0])
        house_of(app).writer.close()
        house_of(app).limiter.close()
    return {"records": records, "counted": counted, "counting_seconds": seconds, "pages": pages}


def fill(database: Path, sites: list[int], records: int) -> None:
    """Writes records in one transaction, oldest first."""
    with sqlite3.connect(database) as connection:
        marks = ", ".join("?" * 15)
        connection.executemany(
            "INSERT INTO consent_records (consent_id, site_id, visitor_id, action, policy_version,"
            " language, text_sha256, decisions, services, layer, trusted, gpc, recorded_at,"
            f" valid_until, digest) VALUES ({marks})",
            _rows(sites, records),
        )


def _rows(sites: list[int], records: int) -> Iterator[tuple[Any, ...]]:
    now = datetime.now(UTC)
    for number in range(records):
        at = now - timedelta(days=_DAYS) * (1 - number / records)
        action = _ACTIONS[number % 7 % len(_ACTIONS)]
        granted = json.dumps({"analytics": action == "accept_all", "marketing": number % 3 == 0})
        yield (
            uuid.uuid4().hex, sites[number % 2], uuid.uuid4().hex, action, 1,
            "en" if number % 4 == 0 else "ko", "0" * 64, granted, "{}", "notice", 1, 0,
            f"{at:%Y-%m-%d %H:%M:%S.%f}", f"{at + timedelta(days=365):%Y-%m-%d %H:%M:%S.%f}",
            "0" * 64,
        )  # fmt: skip


def times_of(app: Flask, site: str) -> dict[str, float]:
    """Returns the median milliseconds of each page."""
    client = signed_in(app)
    year_ago = (datetime.now(UTC) - timedelta(days=_DAYS)).date().isoformat()
    return {
        page: _milliseconds(client, page.format(site=site, year_ago=year_ago)) for page in _PAGES
    }


def signed_in(app: Flask) -> FlaskClient:
    """Returns a browser of the owner."""
    client = app.test_client()
    form = client.get("/admin/sign-in").text
    token = form.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    filled = {"email": _EMAIL, "password": _PASSWORD, "csrf_token": token}
    assert client.post("/admin/sign-in", data=filled).status_code == 302
    return client


def _milliseconds(client: FlaskClient, path: str) -> float:
    rounds = []
    for _ in range(_ROUNDS):
        began = time.perf_counter()
        answer = client.get(path)
        rounds.append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 200, (path, answer.status_code)
    return round(median(rounds), 1)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--write", action="store_true", help="store the result")
    options = parser.parse_args()
    found = measure(options.records)
    print(f"{found['counted']:,} records counted in {found['counting_seconds']:.1f} s")
    for page, took in found["pages"].items():
        print(f"{took:8.1f} ms{'  TOO SLOW' if took > _LIMIT_MS else ''}  {page}")
    if options.write:
        machine = {"python": platform.python_version(), "machine": platform.machine()}
        facts = {"at": datetime.now(UTC).isoformat(timespec="seconds"), **machine, **found}
        _RESULT.write_text(json.dumps(facts, indent=2) + "\n")


if __name__ == "__main__":
    main()
