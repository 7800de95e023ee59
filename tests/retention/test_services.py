"""Destruction: exactly on the day, without a trace, as often as one likes."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy import insert, text

from consent_server import clock
from consent_server.keys.folder import FolderStore
from consent_server.keys.store import KEY_BYTES
from consent_server.reports.exports import Export
from consent_server.retention import destruction
from consent_server.retention.commands import commands
from consent_server.retention.destruction import scrub
from consent_server.storage.database import ARCHIVE, db
from consent_server.visits.models import ArchivedVisit, Visit
from consent_server.visits.services import VisitFilter
from support.apps import EngineName
from support.shop import Shop

RECORDED = datetime(2026, 1, 15, 0, 30, tzinfo=UTC)
GONE = datetime(2026, 4, 15, 15, tzinfo=UTC)
TurnClock = Callable[[datetime], None]


@pytest.fixture
def turn_clock(monkeypatch: pytest.MonkeyPatch) -> TurnClock:
    return lambda instant: monkeypatch.setattr(clock, "now", lambda: instant)


def readable(shop: Shop) -> int:
    with shop.app.app_context():
        return len(shop.house.reader.newest(VisitFilter()))


def exported(shop: Shop) -> int:
    with shop.app.app_context():
        blocks = shop.house.exporter.stream(
            Export(kind="visits", format="ndjson"), operator="auditor", reason="test"
        )
        return b"".join(blocks).count(b"\n")


def test_reads_deny_from_the_last_instant_on_though_no_job_ran(
    shop: Shop, turn_clock: TurnClock
) -> None:
    turn_clock(RECORDED)
    shop.send_visit(shop.visit())

    turn_clock(GONE - timedelta(milliseconds=1))
    before = (readable(shop), exported(shop))
    turn_clock(GONE)
    after = (readable(shop), exported(shop))

    assert (before, after) == ((1, 1), (0, 0))


def test_a_run_before_the_instant_destroys_nothing(shop: Shop, turn_clock: TurnClock) -> None:
    turn_clock(RECORDED)
    shop.send_visit(shop.visit())

    turn_clock(GONE - timedelta(milliseconds=1))
    with shop.app.app_context():
        done = shop.house.retention.run()

    assert (done.visits, done.days) == (0, ())
    assert readable(shop) == 1


def test_a_run_at_the_instant_destroys_rows_and_key_and_leaves_the_next_day(
    shop: Shop, turn_clock: TurnClock
) -> None:
    for day in range(2):
        turn_clock(RECORDED + timedelta(days=day))
        shop.send_visit(shop.visit())

    turn_clock(GONE)
    with shop.app.app_context():
        overdue = shop.house.retention.check()
        first, second = shop.house.retention.run(), shop.house.retention.run()
        after = shop.house.retention.check()

    assert (overdue.visits, overdue.keys) == (1, 1)
    assert (first.visits, first.is_scrubbed) == (1, True)
    assert [day.isoformat() for day in first.days] == ["2026-01-15"]
    assert (second.visits, second.days) == (0, ())
    assert after.total == 0
    assert readable(shop) == 1


def test_archived_visits_are_destroyed_too(shop: Shop, turn_clock: TurnClock) -> None:
    turn_clock(RECORDED)
    shop.send_visit(shop.visit())
    with shop.app.app_context():
        row = dict(db.session.execute(text("SELECT * FROM visits")).mappings().one())
        del row["id"]
        row |= {"visit_id": uuid.uuid4(), "recorded_at": RECORDED}
        row |= {"gone_at": GONE, "day": RECORDED.date()}
        shop.house.partitions[1].ensure(GONE)
        with db.engines[ARCHIVE].begin() as connection:
            connection.execute(insert(ArchivedVisit), [row])
        db.session.rollback()

        turn_clock(GONE)
        done = shop.house.retention.run()

        assert (done.visits, done.archived_visits) == (1, 1)
        assert shop.house.retention.check().total == 0


def test_many_expired_rows_go_in_small_pieces_while_visits_come_in(
    shop: Shop, turn_clock: TurnClock
) -> None:
    rows = 2 * destruction._CHUNK_ROWS + 1
    shop.house.partitions[0].ensure(GONE)
    with shop.app.app_context(), db.engine.begin() as connection:
        connection.execute(insert(Visit), [expired_row() for _ in range(rows)])

    turn_clock(GONE)
    shop.send_visit(shop.visit())
    with shop.app.app_context():
        done = shop.house.retention.run()

    assert done.visits == rows
    assert readable(shop) == 1


def test_the_proof_of_consent_outlives_the_visits(shop: Shop, turn_clock: TurnClock) -> None:
    turn_clock(RECORDED)
    shop.send_consent(shop.submission())
    shop.send_visit(shop.visit())

    turn_clock(GONE)
    with shop.app.app_context():
        shop.house.retention.run()
        left = db.session.execute(text("SELECT count(*) FROM consent_records")).scalar_one()

    assert left == 1


def sqlite_files(app: Flask) -> list[Path]:
    with app.app_context():
        folders = {Path(str(engine.url.database)).parent for engine in db.engines.values()}
    return [path for folder in folders for path in folder.rglob("*") if path.is_file()]


def test_after_a_run_on_sqlite_no_file_holds_a_byte_of_the_expired_rows(
    shop: Shop, turn_clock: TurnClock
) -> None:
    with shop.app.app_context():
        if db.engine.dialect.name != "sqlite":
            return  # PostgreSQL keeps ciphertext in its log; its key is what dies
    turn_clock(RECORDED)
    visits = [shop.visit() for _ in range(300)]
    for visit in visits:
        shop.send_visit(visit)
    with shop.app.app_context():
        rows = db.session.execute(text("SELECT visit_id, payload FROM visits")).all()
        key = bytearray(KEY_BYTES)
        store = FolderStore(shop.house.settings.keys_dir)
        store.read_into(key, shop.house.ring.days()[0], make=False)
        marks = [cell.encode() if isinstance(cell, str) else cell for row in rows for cell in row]
        secrets = [*marks, bytes(key)]
    before = b"".join(path.read_bytes() for path in sqlite_files(shop.app))
    found_before = sum(mark in before for mark in marks)

    turn_clock(GONE)
    with shop.app.app_context():
        done = shop.house.retention.run()

    after = b"".join(path.read_bytes() for path in sqlite_files(shop.app))
    assert found_before == len(marks) == 600
    assert done.is_scrubbed
    assert sum(mark in after for mark in secrets) == 0


def test_a_reader_in_the_way_is_reported_and_the_next_run_finishes(
    shop: Shop, turn_clock: TurnClock
) -> None:
    with shop.app.app_context():
        if db.engine.dialect.name != "sqlite":
            return  # only SQLite has a WAL that readers hold
        path = str(db.engine.url.database)
    turn_clock(RECORDED)
    shop.send_visit(shop.visit())
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM visits").fetchone()

    turn_clock(GONE)
    with shop.app.app_context():
        hindered = shop.house.retention.run()
        reader.execute("COMMIT")
        reader.close()
        finished = shop.house.retention.run()

    assert (hindered.visits, hindered.is_scrubbed) == (1, False)
    assert (finished.visits, finished.is_scrubbed) == (0, True)


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=False)
def test_a_run_leaves_the_rest_to_the_next_before_a_long_reader_makes_the_wal_grow_without_bound(
    shop: Shop,
    turn_clock: TurnClock,
    monkeypatch: pytest.MonkeyPatch,
    engine_name: EngineName,
) -> None:
    limit_bytes, rows = 1_000_000, 15_000
    monkeypatch.setattr(destruction, "_WAL_LIMIT_BYTES", limit_bytes)
    monkeypatch.setattr(destruction, "_READERS_SECONDS", 0.2)
    with shop.app.app_context():
        engine = db.engine
        with engine.begin() as connection:
            connection.execute(insert(Visit), [expired_row() for _ in range(rows)])
        scrub(engine)
    turn_clock(GONE)
    with closing(sqlite3.connect(str(engine.url.database), isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM visits").fetchone()

        with shop.app.app_context():
            hindered = shop.house.retention.run()
        wal = Path(f"{engine.url.database}-wal").stat().st_size
        reader.execute("COMMIT")
    with shop.app.app_context():
        finished = shop.house.retention.run()

    assert 0 < hindered.visits < rows
    assert not hindered.is_scrubbed
    assert wal < 5 * limit_bytes
    assert (hindered.visits + finished.visits, finished.is_scrubbed) == (rows, True)


def expired_row() -> dict[str, Any]:
    return {
        "visit_id": uuid.uuid4(),
        "site_id": 1,
        "recorded_at": RECORDED,
        "day": RECORDED.date(),
        "gone_at": GONE,
        "device_class": "pc",
        "payload": bytes(200),
    }


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=False)
def test_the_ids_of_page_views_are_known_for_two_days_and_no_longer(
    shop: Shop, turn_clock: TurnClock, engine_name: EngineName
) -> None:
    known = []
    for day in range(4):
        turn_clock(RECORDED + timedelta(days=day))
        shop.send_visit(shop.visit())
        with shop.app.app_context():
            shop.house.retention.run()
            rows = db.session.execute(text("SELECT day FROM recent_visits ORDER BY day")).all()
            known.append([row.day for row in rows])

    assert known[1] == ["2026-01-15", "2026-01-16"]
    assert known[3] == ["2026-01-17", "2026-01-18"]


def test_the_command_counts_what_is_overdue_and_exits_with_one(
    shop: Shop, runner: FlaskCliRunner, turn_clock: TurnClock
) -> None:
    turn_clock(RECORDED)
    shop.send_visit(shop.visit())
    turn_clock(GONE)

    overdue = runner.invoke(commands, ["check", "--json"])
    run = runner.invoke(commands, ["run"])
    clean = runner.invoke(commands, ["check", "--json"])

    assert (overdue.exit_code, json.loads(overdue.output)["older"]) == (1, 2)
    assert (run.exit_code, clean.exit_code) == (0, 0)
    assert json.loads(clean.output)["older"] == 0


def test_the_forecast_says_what_goes_when_and_counts_what_is_overdue(
    shop: Shop, runner: FlaskCliRunner, turn_clock: TurnClock
) -> None:
    for instant in (RECORDED, RECORDED, RECORDED + timedelta(days=1)):
        turn_clock(instant)
        shop.send_visit(shop.visit())
    turn_clock(GONE)

    forecast = json.loads(runner.invoke(commands, ["forecast", "--json"]).output)

    assert forecast == [
        {"class": "visit", "gone_at": "2026-04-15T15:00:00+00:00", "records": 2, "keys": 1}
        | {"is_due": True},
        {"class": "visit", "gone_at": "2026-04-16T15:00:00+00:00", "records": 1, "keys": 1}
        | {"is_due": False},
    ]
