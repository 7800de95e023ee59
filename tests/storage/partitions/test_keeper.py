"""Partitions by the day of destruction: there when a visit needs one, gone on their day."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import create_engine, event, text

from consent_server import clock
from consent_server.errors import Unavailable
from consent_server.periods import RetentionPeriod
from consent_server.storage.database import db
from consent_server.storage.migrate import migration_engine, move
from consent_server.storage.partitions.keeper import PartitionKeeper, instants_ahead, partitions
from consent_server.storage.postgres import engine_options
from consent_server.visits.services import VisitFilter
from support.apps import EngineName
from support.shop import Shop

RECORDED = datetime(2026, 1, 15, 0, 30, tzinfo=UTC)
GONE = datetime(2026, 4, 15, 15, tzinfo=UTC)
on_postgresql = pytest.mark.parametrize("engine_name", ["postgresql"], indirect=False)
TurnClock = Callable[[datetime], None]


@pytest.fixture
def turn_clock(monkeypatch: pytest.MonkeyPatch) -> TurnClock:
    return lambda instant: monkeypatch.setattr(clock, "now", lambda: instant)


def names(shop: Shop) -> list[datetime]:
    """Returns the instants that have a partition in the main database."""
    with shop.app.app_context(), db.engine.connect() as connection:
        return [each.gone_at for each in partitions(connection, "visits")]


def count(shop: Shop) -> int:
    with shop.app.app_context(), db.engine.connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM visits")).scalar_one())


@contextmanager
def reading(shop: Shop, query: str) -> Iterator[None]:
    """Holds a read open in a session of its own."""
    url = shop.house.settings.database_url.replace("+psycopg", "")
    with closing(psycopg.connect(url)) as reader:
        reader.execute(query.encode())
        yield


@on_postgresql
def test_a_visit_of_any_day_finds_its_partition(
    shop: Shop, turn_clock: TurnClock, engine_name: EngineName
) -> None:
    days = [RECORDED, RECORDED + timedelta(days=400), RECORDED - timedelta(days=4000)]
    for day in days:
        turn_clock(day)
        assert shop.send_visit(shop.visit()).status_code == 204

    period = shop.house.settings.visit_period
    assert {period.gone_at(day) for day in days} <= set(names(shop))
    assert count(shop) == 3


@on_postgresql
def test_another_zone_and_period_find_theirs_beside_those_of_before(
    shop: Shop, engine_name: EngineName
) -> None:
    keeper = shop.house.partitions[0]
    zones = [shop.house.settings.visit_period.zone]
    period = RetentionPeriod(months=4, zone=zones[0])
    wanted = [GONE, GONE + timedelta(hours=16), GONE - timedelta(minutes=1), period.gone_at(GONE)]

    for gone_at in wanted:
        keeper.ensure(gone_at)

    assert set(wanted) <= set(names(shop))


@on_postgresql
def test_processes_that_make_the_same_partition_at_once_all_have_it(
    shop: Shop, engine_name: EngineName
) -> None:
    with shop.app.app_context():
        keepers = [PartitionKeeper(db.engine, "visits") for _ in range(6)]
    failed: list[Exception] = []

    def ensure(keeper: PartitionKeeper) -> None:
        try:
            keeper.ensure(GONE)
        except Exception as error:  # noqa: BLE001 - handed to the test
            failed.append(error)

    threads = [threading.Thread(target=ensure, args=(keeper,)) for keeper in keepers * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    assert names(shop).count(GONE) == 1


@on_postgresql
def test_a_partition_that_somebody_else_removed_is_made_again(
    shop: Shop, turn_clock: TurnClock, engine_name: EngineName
) -> None:
    turn_clock(RECORDED)
    shop.send_visit(shop.visit())
    with shop.app.app_context(), db.engine.begin() as connection:
        connection.execute(text("DROP TABLE visits_gone_20260415_150000_000000"))

    again = shop.send_visit(shop.visit())

    assert (again.status_code, count(shop)) == (204, 1)


@on_postgresql
def test_the_partitions_of_the_next_days_are_made_ahead(
    shop: Shop, turn_clock: TurnClock, engine_name: EngineName
) -> None:
    turn_clock(RECORDED)
    period = shop.house.settings.visit_period

    for keeper in shop.house.partitions:
        keeper.ensure_ahead(period)

    assert GONE in instants_ahead(period)
    assert GONE + timedelta(days=3) in instants_ahead(period)
    assert set(instants_ahead(period)) <= set(names(shop))


@on_postgresql
def test_a_database_that_is_away_makes_no_partition_and_says_so(
    shop: Shop, engine_name: EngineName
) -> None:
    nowhere = create_engine(
        "postgresql+psycopg://nobody@127.0.0.1:1/none", **engine_options(shop.house.settings)
    )

    with pytest.raises(Unavailable):
        PartitionKeeper(nowhere, "visits").ensure(GONE)


@pytest.mark.parametrize(
    "recorded",
    [
        pytest.param(RECORDED, id="the usual next day"),
        pytest.param(datetime(2026, 2, 26, 16, tzinfo=UTC), id="four days between the two ends"),
        pytest.param(datetime(2026, 1, 29, 16, tzinfo=UTC), id="30 and 31 January"),
    ],
)
def test_a_visit_that_is_reported_again_on_the_next_day_stays_one_row(
    shop: Shop, turn_clock: TurnClock, recorded: datetime
) -> None:
    visit = shop.visit()
    statuses = []
    for instant in (recorded, recorded, recorded + timedelta(days=1)):
        turn_clock(instant)
        statuses.append(shop.send_visit(visit).status_code)
    shop.send_visit(shop.visit())

    assert statuses == [204, 204, 204]
    assert count(shop) == 2


@on_postgresql
def test_destruction_takes_the_partition_away_and_leaves_the_next(
    shop: Shop, turn_clock: TurnClock, engine_name: EngineName
) -> None:
    for day in range(2):
        turn_clock(RECORDED + timedelta(days=day))
        shop.send_visit(shop.visit())

    turn_clock(GONE)
    with shop.app.app_context():
        done = shop.house.retention.run()

    assert (done.visits, done.is_scrubbed) == (1, True)
    assert GONE not in names(shop)
    assert GONE + timedelta(days=1) in names(shop)


@on_postgresql
def test_who_still_reads_the_expired_rows_is_reported_and_the_next_run_finishes(
    shop: Shop, turn_clock: TurnClock, engine_name: EngineName
) -> None:
    turn_clock(RECORDED)
    shop.send_visit(shop.visit())

    turn_clock(GONE)
    with shop.app.app_context():
        with reading(shop, "SELECT count(*) FROM visits"):
            hindered = shop.house.retention.run()
            written = shop.send_visit(shop.visit()).status_code
        finished = shop.house.retention.run()

    assert (hindered.visits, hindered.is_scrubbed, written) == (0, False, 204)
    assert (finished.visits, finished.is_scrubbed) == (1, True)


@on_postgresql
def test_a_long_export_of_other_days_does_not_hold_up_the_rows_but_only_the_empty_partition(
    shop: Shop, turn_clock: TurnClock, engine_name: EngineName
) -> None:
    turn_clock(RECORDED)
    shop.send_visit(shop.visit())

    turn_clock(GONE)
    with shop.app.app_context():
        with reading(shop, f"SELECT count(*) FROM visits WHERE gone_at > '{GONE.isoformat()}'"):
            done = shop.house.retention.run()
            left = names(shop)
        again = shop.house.retention.run()

    assert (done.visits, done.is_scrubbed, GONE in left) == (1, True, True)
    assert (again.visits, GONE in names(shop)) == (0, False)


@on_postgresql
def test_a_visit_of_a_clock_that_was_ahead_moves_to_the_partition_of_a_day_without_visits(
    shop: Shop, turn_clock: TurnClock, engine_name: EngineName
) -> None:
    turn_clock(RECORDED + timedelta(days=40))
    shop.send_visit(shop.visit())

    turn_clock(RECORDED)
    with shop.app.app_context():
        shop.house.retention.run()
        turn_clock(GONE)
        done = shop.house.retention.run()

    assert (done.visits, done.is_scrubbed, count(shop)) == (1, True, 0)


@on_postgresql
def test_reads_leave_out_the_partitions_that_expired(
    shop: Shop, turn_clock: TurnClock, engine_name: EngineName
) -> None:
    for instant in (GONE, GONE + timedelta(days=1)):
        shop.house.partitions[0].ensure(instant)
    turn_clock(GONE)
    statements: list[Any] = []
    with shop.app.app_context():

        @event.listens_for(db.engine, "before_cursor_execute")
        def keep(*call: Any) -> None:
            statements.append(call[2:4])

        shop.house.reader.newest(VisitFilter())
        event.remove(db.engine, "before_cursor_execute", keep)
        query, values = next(call for call in statements if "FROM visits" in call[0])
        with db.engine.connect() as connection:
            plan = connection.exec_driver_sql(f"EXPLAIN {query}", values).scalars().all()

    assert "visits_gone_20260415" not in str(plan)
    assert "visits_gone_20260416" in str(plan)


@pytest.mark.parametrize(
    ("history", "table", "before"),
    [("main", "visits", "0007"), ("archive", "archived_visits", "0001")],
)
def test_the_migration_moves_what_is_there_and_so_does_its_way_back(
    shop: Shop, history: str, table: str, before: str
) -> None:
    settings = shop.house.settings
    engine = migration_engine(settings, history)
    instants = [GONE, GONE, GONE + timedelta(days=1)]
    for keeper in shop.house.partitions:
        for instant in instants:
            keeper.ensure(instant)
    insert = text(
        f"INSERT INTO {table} (visit_id, site_id, recorded_at, day, gone_at, device_class, payload)"
        " VALUES (:visit_id, 1, :gone_at, '2026-01-15', :gone_at, 'pc', :payload)"
    )
    for end in instants:
        shown = end.strftime("%Y-%m-%d %H:%M:%S.%f+00")
        written = shown if engine.dialect.name == "postgresql" else shown.removesuffix("+00")
        row = {"visit_id": uuid.uuid4().hex, "gone_at": written, "payload": b"sealed"}
        with engine.begin() as connection:
            connection.execute(insert, [row])

    def rows() -> list[Any]:
        with engine.connect() as connection:
            query = text(f"SELECT id, visit_id, gone_at, payload FROM {table} ORDER BY id")
            return [tuple(row) for row in connection.execute(query)]

    first = rows()
    move(settings, history, before)
    second = rows()
    move(settings, history, "head")
    third = rows()
    with engine.begin() as connection:
        connection.execute(insert, [row | {"visit_id": uuid.uuid4().hex}])
    last = rows()
    engine.dispose()

    assert len(first) == 3
    assert first == second == third == last[:3]
    assert last[3][0] > last[2][0]
