"""The quick way out of each database writes the same bytes as the slow way that we can read.

The slow way stands here: rows as the room reads them, cell by cell through the csv module.
"""

from __future__ import annotations

import csv
import io
import json
import time
import tracemalloc
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError

from consent_server.consents.models import ConsentRecord
from consent_server.consents.services import ConsentFilter, ConsentRow, each_consent
from consent_server.house import house_of
from consent_server.policies.services import open_site
from consent_server.reports import consent_csv as quick
from consent_server.reports.exports import Export, Exporter
from consent_server.sites.services import NewSite, site_keys
from consent_server.storage.database import db, table_of
from consent_server.storage.lines import postgres, sqlite
from support.shop import NOTICE, ORIGIN, Shop

TABLE = table_of(ConsentRecord)
ALL = Export(kind="consents", format="csv")
COLUMNS = (
    "site,id,consent_id,visitor_id,action,policy_version,language,text_sha256,decisions,services,"
    "layer,trusted,gpc,recorded_at,valid_until,digest"
)
NOON = datetime(2026, 3, 15, 12, tzinfo=UTC)


def record(site_id: int, number: int = 0, **changes: Any) -> dict[str, Any]:
    """Returns a row as our own rooms write it, with changes."""
    return {
        "consent_id": uuid.uuid4(),
        "site_id": site_id,
        "visitor_id": uuid.uuid4(),
        "action": "customise",
        "policy_version": 1,
        "language": "ko",
        "text_sha256": f"{number:064x}",
        "decisions": {"analytics": number % 2 == 0, "marketing": True},
        "services": {} if number % 3 else {"tubular": True},
        "layer": "notice",
        "trusted": True,
        "gpc": False,
        "recorded_at": NOON + timedelta(microseconds=number),
        "valid_until": NOON + timedelta(days=365, microseconds=number * 10),
        "digest": f"{number:064x}",
    } | changes


def store(rows: list[dict[str, Any]]) -> None:
    with db.engine.execution_options(writes=True).begin() as connection:
        connection.execute(insert(TABLE), rows)


def exporter_of(app: Flask) -> Exporter:
    return house_of(app).exporter


def exported(app: Flask, export: Export = ALL) -> bytes:
    return b"".join(exporter_of(app).stream(export, operator="tests", reason="compare"))


def reference(chosen: ConsentFilter = ConsentFilter()) -> bytes:  # noqa: B008  # frozen
    keys = site_keys(db.engine)
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS.split(","))
    for row in each_consent(db.engine, chosen):
        names = [name for name in row.__struct_fields__ if name != "site_id"]
        cells = [keys[row.site_id], *(getattr(row, name) for name in names)]
        writer.writerow(map(reference_cell, cells))
    return buffer.getvalue().encode()


def reference_cell(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    if not isinstance(value, str):
        return str(value)
    return "'" + value if value and value[0] in "=+-@\t\r\n＝＋－＠" else value


@pytest.fixture
def slow_pages(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Collects the pages that the quick way refused, by the row number in front of them."""
    refused: list[int] = []

    def each(*args: Any, **words: Any) -> Iterator[ConsentRow]:
        refused.append(words["after_id"])
        return each_consent(*args, **words)

    monkeypatch.setattr(quick, "each_consent", each)
    return refused


@pytest.fixture
def pages_of_one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets no row send its neighbours the slow way."""
    for module in (postgres, sqlite):
        monkeypatch.setattr(module, "PAGE_ROWS", 1)


def test_ordinary_records_take_the_quick_way_over_many_pages(
    shop: Shop, slow_pages: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (postgres, sqlite):
        monkeypatch.setattr(module, "PAGE_ROWS", 70)
    monkeypatch.setattr(postgres, "_BLOCK_ROWS", 30)
    with shop.app.app_context():
        store([record(shop.id, number) for number in range(1000)])

        file = exported(shop.app)

        assert file.count(b"\r\n") == 1001
        assert file == reference()
    assert slow_pages == []


def test_json_with_spaces_as_it_was_once_stored_takes_the_quick_way(
    shop: Shop, slow_pages: list[int]
) -> None:
    with shop.app.app_context():
        store([record(shop.id, number) for number in range(3)])
        spaced = '{"analytics": true, "functional": false, "marketing": true}'
        cell = f"CAST('{spaced}' AS JSON)" if is_postgres() else f"'{spaced}'"
        names = ", ".join(c.name for c in TABLE.c if c.name not in ("id", "consent_id"))
        values = names.replace("decisions", cell)
        spare = uuid.uuid4()
        with db.engine.execution_options(writes=True).begin() as connection:
            connection.execute(
                text(
                    f"INSERT INTO consent_records (consent_id, {names}) "
                    f"SELECT '{spare if is_postgres() else spare.hex}', {values} "
                    "FROM consent_records LIMIT 1"
                )
            )

        file = exported(shop.app)

        assert b'{""analytics"":true,""functional"":false,""marketing"":true}' in file
        assert file == reference()
    assert slow_pages == []


HOSTILE = st.one_of(
    st.sampled_from(["", "=1", "+1", "-1", "@1", "\t1", "\r1", "\n1", "＝1", "＋1", "－1", "＠1"]),
    st.sampled_from(
        ["'", '"', ",", ",,", '","', ",-", "a b", "+00,", "\r\n", "\x1e", "\x1f", "\\."]
    ),
    st.sampled_from(
        ["\\N", "NULL", "pt-BR", ".000000+", "한글", "{}", "null", "%s", "%(x)s", ":x"]
    ),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12),
)
HEX = st.text("0123456789abcdef", min_size=64, max_size=64)
INSTANTS = st.one_of(
    st.sampled_from([0, 1, 10, 500_000, 999_999]).map(lambda us: NOON + timedelta(microseconds=us)),
    st.datetimes(
        datetime(1970, 1, 1), datetime(9000, 1, 1), timezones=st.just(UTC)  # noqa: DTZ001
    ),
)  # fmt: skip
KEYS = st.from_regex(r"[a-z][a-z0-9_-]{0,39}", fullmatch=True)  # of purposes and services
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "action": HOSTILE,
        "language": HOSTILE,
        "layer": HOSTILE,
        "text_sha256": st.one_of(HEX, HOSTILE),
        "digest": st.one_of(HEX, HOSTILE),
        "policy_version": st.integers(-(2**31), 2**31 - 1),
        "decisions": st.dictionaries(KEYS, st.booleans(), max_size=4),
        "services": st.dictionaries(KEYS, st.booleans(), max_size=4),
        "trusted": st.booleans(),
        "gpc": st.booleans(),
        "recorded_at": INSTANTS,
        "valid_until": INSTANTS,
    },
)


def is_postgres() -> bool:
    return db.engine.dialect.name == "postgresql"


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(CHANGES, min_size=1, max_size=8))
def test_hostile_records_come_out_in_the_same_bytes(
    app: Flask, pages_of_one_row: None, changes: list[dict[str, Any]]
) -> None:
    with app.app_context():
        site_id = open_site(NewSite(name="Hostile", origins=[ORIGIN]), NOTICE).id
        store([record(site_id, number, **change) for number, change in enumerate(changes)])

        file = exported(app, replace(ALL, site_id=site_id))

        assert file == reference(ConsentFilter(site_id=site_id))


@pytest.mark.parametrize("changes", [{}, {"since": NOON + timedelta(microseconds=2)},
                                     {"until": NOON}, {"action": "100%"}, {"action": "gpc"}],
                         ids=lambda changes: "-".join(changes) or "all")  # fmt: skip
def test_only_the_chosen_records_come(
    shop: Shop, other_shop: Shop, changes: dict[str, Any]
) -> None:
    with shop.app.app_context():
        for number, action in enumerate(["100%", "gpc", "customise", "gpc"]):
            store([record(site.id, number, action=action) for site in (shop, other_shop)])

        file = exported(shop.app, replace(ALL, site_id=shop.id, **changes))

        assert file == reference(ConsentFilter(site_id=shop.id, **changes))


def is_reading() -> bool:
    return not db.engine.pool.status().endswith("Current Checked out connections: 0")


def test_an_export_leaves_no_read_open_while_its_reader_rests(shop: Shop) -> None:
    with shop.app.app_context():
        store([record(shop.id, number) for number in range(5)])
        with ExitStack() as stack:
            blocks = exporter_of(shop.app).stream(ALL, operator="tests", reason="rest")
            stack.callback(blocks.close)  # type: ignore[attr-defined]
            next(blocks)
            next(blocks)
            give_up_at = time.monotonic() + 10
            while is_reading() and time.monotonic() < give_up_at:
                time.sleep(0.01)  # pages that are read ahead

            assert not is_reading()


def test_one_export_needs_little_memory_however_many_rows_it_has(shop: Shop) -> None:
    with shop.app.app_context():
        for start in range(0, 30_000, 10_000):
            store([record(shop.id, number) for number in range(start, start + 10_000)])
        for _block in exporter_of(shop.app).stream(ALL, operator="tests", reason="warm up"):
            pass
        tracemalloc.start()

        size = sum(map(len, exporter_of(shop.app).stream(ALL, operator="tests", reason="count")))

        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert size > 10_000_000
    assert peak < size


def test_a_database_that_fails_in_the_middle_fails_like_any_other_query(shop: Shop) -> None:
    with shop.app.app_context():
        store([record(shop.id)])
        with db.engine.execution_options(writes=True).begin() as connection:
            connection.execute(text("ALTER TABLE consent_records RENAME COLUMN gpc TO gone"))

        with pytest.raises(DBAPIError, match="gpc"):
            exported(shop.app)

        assert db.session.scalar(text("SELECT count(*) FROM consent_records")) == 1
