"""A run is an order of steps: cut off after any, the next one finishes, and certifies once."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskCliRunner
from sqlalchemy import event, insert, text

from consent_server import clock
from consent_server.certificates.rules import Certificate
from consent_server.certificates.services import each_certificate
from consent_server.errors import Busy
from consent_server.retention.commands import commands
from consent_server.retention.due import open_destructions
from consent_server.retention.lag import lag_seconds
from consent_server.retention.steps import STEPS
from consent_server.storage.database import ARCHIVE, db
from consent_server.storage.leases import Lease, take_lease
from consent_server.visits.models import Visit
from support.apps import EngineName
from support.shop import Shop

RECORDED = datetime(2026, 1, 15, 0, 30, tzinfo=UTC)
GONE = datetime(2026, 4, 15, 15, tzinfo=UTC)
TurnClock = Callable[[datetime], None]


class CutOff(Exception):
    """What ends a run in its middle."""


@pytest.fixture
def turn_clock(monkeypatch: pytest.MonkeyPatch) -> TurnClock:
    return lambda instant: monkeypatch.setattr(clock, "now", lambda: instant)


@pytest.fixture
def due(shop: Shop, turn_clock: TurnClock) -> Shop:
    """A shop with three visits whose last instant has come, and one of the next day."""
    turn_clock(RECORDED)
    for _ in range(3):
        shop.send_visit(shop.visit())
    turn_clock(RECORDED + timedelta(days=1))
    shop.send_visit(shop.visit())
    turn_clock(GONE)
    return shop


def certificates(shop: Shop) -> list[Certificate]:
    with shop.app.app_context():
        return list(each_certificate(db.engine))


def state(shop: Shop) -> dict[str, Any]:
    """Everything that a run may change."""
    with shop.app.app_context(), db.engine.connect() as connection:
        tables = ("visits", "open_destructions", "destruction_certificates", "leases")
        counts = {
            table: connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
            for table in tables
        }
    return counts | {"keys": shop.house.ring.days()}


def test_a_run_certifies_what_it_destroyed(due: Shop) -> None:
    with due.app.app_context():
        done = due.house.retention.run(executor="scheduler on node-1")

    [certificate] = certificates(due)
    assert done.certificates == (1,)
    assert (certificate.day.isoformat(), certificate.records) == ("2026-01-15", 3)
    assert certificate.sites == {str(due.id): 3}
    assert (certificate.reason, certificate.executor) == ("period_over", "scheduler on node-1")
    assert certificate.started_at == certificate.ended_at == GONE


@pytest.mark.parametrize("step", STEPS)
def test_a_run_that_is_cut_off_after_a_step_is_finished_by_the_next(
    due: Shop, turn_clock: TurnClock, step: str
) -> None:
    def cut_off(done: str) -> None:
        if done == step:
            raise CutOff

    with due.app.app_context():
        with pytest.raises(CutOff):
            due.house.retention.run(on_step=cut_off)
        turn_clock(GONE + timedelta(minutes=5))
        due.house.retention.run()
        older = due.house.retention.check(in_files=True)
        begun = open_destructions(db.engine)

    [certificate] = certificates(due)
    assert (older.total, older.traces, begun) == (0, 0, [])
    assert (certificate.records, certificate.started_at) == (3, GONE)
    assert state(due)["visits"] == 1


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=False)
def test_rows_that_go_in_pieces_are_all_counted_though_the_run_is_cut_off_between(
    due: Shop, turn_clock: TurnClock, engine_name: EngineName
) -> None:
    with due.app.app_context():
        with db.engine.begin() as connection:
            connection.execute(insert(Visit), [expired_row() for _ in range(4000)])
        removed = 0

        def cut_off(_c: Any, _s: str, statement: str, *_: Any) -> None:
            nonlocal removed
            if statement.startswith("DELETE FROM visits"):
                removed += 1
                if removed == 2:
                    raise CutOff

        event.listen(db.engine, "before_cursor_execute", _with_cursor(cut_off))
        with pytest.raises(CutOff):
            due.house.retention.run()
        due.house.retention.run()

    [certificate] = certificates(due)
    assert certificate.records == 4003


def _with_cursor(hear: Callable[..., None]) -> Callable[..., None]:
    def heard(connection: Any, cursor: Any, statement: str, *more: Any) -> None:
        hear(connection, cursor, statement, *more)

    return heard


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


def test_a_day_is_certified_only_when_nothing_of_it_is_left(due: Shop) -> None:
    with due.app.app_context():
        if db.engine.dialect.name == "sqlite":
            return  # its rows are held by nobody; a reader holds its log (test_services)
        reader = db.engine.connect()
        reader.execute(text("SELECT count(*) FROM visits"))
        hindered = due.house.retention.run()
        late = lag(due)
        reader.close()
        finished = due.house.retention.run()

    assert (hindered.certificates, hindered.is_scrubbed) == ((), False)
    assert late == 0  # at the very instant; the note keeps it visible from then on
    assert finished.certificates == (1,)


def lag(shop: Shop) -> float:
    house = shop.house
    return lag_seconds(db.engine, db.engines[ARCHIVE], house.ring, house.settings.visit_period)


def test_a_destruction_that_is_not_certified_is_late_though_rows_and_key_are_gone(
    due: Shop, turn_clock: TurnClock
) -> None:
    def cut_off(done: str) -> None:
        if done == "rows":
            raise CutOff

    with due.app.app_context():
        with pytest.raises(CutOff):
            due.house.retention.run(on_step=cut_off)
        turn_clock(GONE + timedelta(hours=1))
        late = lag(due)
        due.house.retention.run()
        settled = lag(due)

    assert (late, settled) == (3600, 0)


def test_a_late_run_degrades_health_until_it_is_made_good(due: Shop, turn_clock: TurnClock) -> None:
    turn_clock(GONE + timedelta(hours=1))
    late = due.app.test_client().get("/readyz").json or {}

    assert late["status"] == "degraded"
    assert "3600" in json.dumps(late)


def test_two_never_destroy_at_once(due: Shop) -> None:
    in_the_middle, go_on = threading.Event(), threading.Event()
    outcome: list[Any] = []

    def wait(step: str) -> None:
        if step == "keys":
            in_the_middle.set()
            assert go_on.wait(20)

    def run() -> None:
        with due.app.app_context():
            outcome.append(due.house.retention.run(on_step=wait))

    first = threading.Thread(target=run)
    first.start()
    assert in_the_middle.wait(20)
    with due.app.app_context(), pytest.raises(Busy):
        due.house.retention.run()
    go_on.set()
    first.join()

    assert outcome[0].visits == 3
    assert len(certificates(due)) == 1


def test_the_turn_of_a_killed_process_ends_by_itself(due: Shop, turn_clock: TurnClock) -> None:
    with due.app.app_context():
        take_lease(db.engine, "destruction", "a process that was killed", 60)
        with pytest.raises(Busy):
            due.house.retention.run()
        turn_clock(GONE + timedelta(seconds=61))

        assert due.house.retention.run().visits == 3


def test_the_turn_is_given_back_after_a_failure(due: Shop) -> None:
    def fail(step: str) -> None:
        raise CutOff

    with due.app.app_context():
        with pytest.raises(CutOff):
            due.house.retention.run(on_step=fail)
        with db.engine.connect() as connection:
            assert connection.execute(db.select(Lease.name)).all() == []


def test_visits_that_come_back_from_a_backup_are_destroyed_and_certified_as_found_again(
    due: Shop, turn_clock: TurnClock
) -> None:
    with due.app.app_context():
        due.house.retention.run()
        turn_clock(GONE + timedelta(days=1))
        due.house.partitions[0].forget(GONE)
        due.house.partitions[0].ensure(GONE)
        with db.engine.begin() as connection:
            connection.execute(insert(Visit), [expired_row() for _ in range(2)])
        due.house.retention.run()
        due.house.retention.run()

    first, second, other_day = sorted(certificates(due), key=lambda each: each.day)
    assert (first.reason, first.records) == ("period_over", 3)
    assert (second.reason, second.records, second.method) == ("found_again", 2, "rows")
    assert (other_day.day.isoformat(), other_day.reason) == ("2026-01-16", "period_over")


def test_a_dry_run_says_what_would_go_and_changes_nothing(
    due: Shop, runner: FlaskCliRunner
) -> None:
    before = state(due)

    told = json.loads(runner.invoke(commands, ["run", "--dry-run", "--json"]).output)
    in_words = runner.invoke(commands, ["run", "--dry-run"]).output

    assert told == [
        {
            "class": "visit",
            "day": "2026-01-15",
            "gone_at": "2026-04-15T15:00:00+00:00",
            "records": 3,
            "keys": 1,
        }
    ]
    assert "nothing was changed" in in_words
    assert state(due) == before


def test_check_says_where_it_looked_and_finds_raw_records(
    due: Shop, runner: FlaskCliRunner
) -> None:
    overdue = runner.invoke(commands, ["check", "--json"])
    runner.invoke(commands, ["run"])
    clean = runner.invoke(commands, ["check", "--json"])
    in_words = runner.invoke(commands, ["check"])

    before, after = json.loads(overdue.output), json.loads(clean.output)
    with due.app.app_context():
        is_sqlite = db.engine.dialect.name == "sqlite"
    assert (overdue.exit_code, before["older"]) == (1, 4)
    assert before["traces"] >= 3 if is_sqlite else before["traces"] == 0
    assert (clean.exit_code, after["older"], after["traces"]) == (0, 0, 0)
    looked_at = "consent.db-wal" if is_sqlite else "partitions of visits"
    assert looked_at in in_words.output
    assert "key ring: 1 keys" in in_words.output


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=False)
def test_raw_records_are_found_where_no_table_shows_them(
    due: Shop, tmp_path: Path, runner: FlaskCliRunner, engine_name: EngineName
) -> None:
    with due.app.app_context():
        with db.engine.begin() as connection:
            connection.execute(text("PRAGMA secure_delete=OFF"))
            connection.execute(text("DELETE FROM visits WHERE day = '2026-01-15'"))
        due.house.ring.destroy_all(due.house.ring.days()[:1])
        older = due.house.retention.check(in_files=True)
        quick = runner.invoke(commands, ["check", "--quick"])
        thorough = runner.invoke(commands, ["check"])

    assert (older.total, older.traces > 0) == (0, True)
    assert (quick.exit_code, thorough.exit_code) == (0, 1)


def test_check_counts_what_was_recorded_before_an_instant(
    due: Shop, runner: FlaskCliRunner
) -> None:
    instant = (RECORDED + timedelta(days=1)).isoformat()

    some = runner.invoke(commands, ["check", "--older-than", instant, "--json"])
    none = runner.invoke(commands, ["check", "--older-than", "2026-01-15", "--json"])

    assert (some.exit_code, json.loads(some.output)["older"]) == (1, 4)
    assert (none.exit_code, json.loads(none.output)["older"]) == (0, 0)


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=False)
def test_disk_room_is_given_back_but_for_a_reserve(due: Shop, engine_name: EngineName) -> None:
    with due.app.app_context():
        with db.engine.begin() as connection:
            connection.execute(insert(Visit), [expired_row() for _ in range(10_000)])
        path = Path(str(db.engine.url.database))
        with db.engine.connect() as connection:
            pages = connection.execute(text("PRAGMA page_count")).scalar_one()
        due.house.retention.run()
        freed = due.house.retention.give_room_back()
        size = path.stat().st_size

    assert size < 0.25 * pages * 4096
    assert freed > 0.75 * pages * 4096
