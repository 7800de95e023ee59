"""The move to the archive: after the operating window, whole, once, whatever breaks in between."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, text, update

from consent_server import clock
from consent_server.errors import Unavailable
from consent_server.pace import Pace
from consent_server.retention import moving_postgres, moving_sqlite
from consent_server.retention.archiving import Moved
from consent_server.storage.database import ARCHIVE, db
from consent_server.storage.leases import TURN_SECONDS
from consent_server.storage.partitions.keeper import partitions
from consent_server.visits.models import ArchivedCount, ArchivedVisit, Visit, VisitDay
from consent_server.visits.recorder import RECORD_CLASS
from consent_server.visits.services import VisitFilter
from support.apps import EngineName
from support.crash import COMMIT, destroy, keep_up, killed_at
from support.shop import MakeShop, Shop

RECORDED = datetime(2026, 1, 15, 3, 30, tzinfo=UTC)
DAY = RECORDED.date()
MOVES = RECORDED + timedelta(days=7)
GONE = datetime(2026, 4, 15, 15, tzinfo=UTC)
TurnClock = Callable[[datetime], None]


@pytest.fixture
def turn_clock(monkeypatch: pytest.MonkeyPatch) -> TurnClock:
    return lambda instant: monkeypatch.setattr(clock, "now", lambda: instant)


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """A piece has two rows, so that a few visits take several."""
    for module in (moving_sqlite, moving_postgres):
        monkeypatch.setattr(module, "_PIECE_ROWS", 2)


def visit_times(shop: Shop, turn_clock: TurnClock, count: int, at: datetime = RECORDED) -> None:
    turn_clock(at)
    for number in range(count):
        assert shop.send_visit(shop.visit(path=f"/page-{number}")).status_code == 204


def keep_up_with(shop: Shop, go_on: Callable[[], bool] = lambda: True) -> bool:
    with shop.app.app_context():
        return shop.house.upkeep.run(go_on)


def places(shop: Shop) -> tuple[list[Any], list[Any]]:
    """Returns the visit ids in the main database and in the archive."""
    with shop.app.app_context():
        binds = ((db.engine, Visit), (db.engines[ARCHIVE], ArchivedVisit))
        found = []
        for engine, table in binds:
            with engine.connect() as connection:
                found.append(sorted(connection.scalars(select(table.visit_id))))
        return found[0], found[1]


def opened(shop: Shop) -> list[str]:
    """Returns the paths of archived visits, decrypted as an approved reader would."""
    with shop.app.app_context(), db.engines[ARCHIVE].connect() as connection:
        rows = connection.execute(select(ArchivedVisit.__table__)).all()
    payloads = [
        shop.house.ring.decrypt(RECORD_CLASS, row.day, row.visit_id, row.payload) for row in rows
    ]
    return sorted(payload.decode().split('"path":"')[1].split('"')[0] for payload in payloads)


def test_a_visit_stays_for_the_operating_window_and_is_in_the_archive_after_it(
    shop: Shop, turn_clock: TurnClock
) -> None:
    visit_times(shop, turn_clock, 3)
    before = places(shop)

    turn_clock(MOVES - timedelta(days=1))
    keep_up_with(shop)
    within = places(shop)
    turn_clock(MOVES)
    keep_up_with(shop)
    after = places(shop)

    assert before == within == (after[1], [])
    assert after == ([], before[0])
    assert opened(shop) == ["/page-0", "/page-1", "/page-2"]


def test_the_window_is_a_setting(make_shop: MakeShop, turn_clock: TurnClock) -> None:
    shop = make_shop(operating_days=2)
    visit_times(shop, turn_clock, 1)

    turn_clock(RECORDED + timedelta(days=2))
    keep_up_with(shop)

    assert list(map(len, places(shop))) == [0, 1]


def test_a_day_that_is_not_counted_does_not_move(shop: Shop, turn_clock: TurnClock) -> None:
    visit_times(shop, turn_clock, 1)

    turn_clock(MOVES)
    with shop.app.app_context():
        shop.house.days.register([DAY])
        moved = shop.house.upkeep.archiver.run()

    assert moved == Moved(0, ())
    assert list(map(len, places(shop))) == [1, 0]


def test_the_book_of_days_says_what_moved_when_and_how_much_of_each_site(
    shop: Shop, other_shop: Shop, turn_clock: TurnClock
) -> None:
    visit_times(shop, turn_clock, 2)
    other_shop.send_visit(other_shop.visit(), origin="https://other.example")

    turn_clock(MOVES)
    keep_up_with(shop)

    with shop.app.app_context():
        [day] = db.session.query(VisitDay).filter_by(day=DAY)
        counts = {row.site_id: row.visits for row in db.session.query(ArchivedCount)}
        assert (day.counted_at, day.archived_at) == (MOVES, MOVES)
        assert counts == {shop.id: 2, other_shop.id: 1}
        assert shop.house.days.archived(shop.id, RECORDED, MOVES) == 2
        assert shop.house.days.archived(None, None, None) == 3
        assert shop.house.days.archived(None, RECORDED + timedelta(days=1), None) == 0
        turn_clock(GONE)
        assert shop.house.days.archived(None, None, None) == 0


def test_reads_and_exports_of_the_operating_database_no_longer_have_it(
    shop: Shop, turn_clock: TurnClock
) -> None:
    visit_times(shop, turn_clock, 2)

    turn_clock(MOVES)
    keep_up_with(shop)

    with shop.app.app_context():
        assert shop.house.reader.newest(VisitFilter()) == []
        assert list(shop.house.reader.each(db.engine, VisitFilter())) == []


STEPS = {
    "sqlite": [
        pytest.param("archive", "INSERT INTO archived_visits", 1, id="before the first copy"),
        pytest.param("archive", COMMIT, 1, id="before the archive has it for good"),
        pytest.param("main", "DELETE FROM visits", 1, id="after the archive has it for good"),
        pytest.param("main", "UPDATE archived_counts", 2, id="in the second piece"),
        pytest.param("archive", COMMIT, 3, id="before the last piece"),
        pytest.param("main", "SET archived_at", 1, id="before it is written down"),
    ],
    "postgresql": [
        pytest.param("archive", "INSERT INTO archived_visits", 1, id="before the first copy"),
        pytest.param("archive", COMMIT, 1, id="before the archive has it for good"),
        pytest.param("main", "LOCK TABLE", 2, id="after the archive has it for good"),
        pytest.param("archive", COMMIT, 3, id="before the last piece"),
        pytest.param("main", "TRUNCATE", 1, id="before the partition is emptied"),
        pytest.param("main", "UPDATE archived_counts", 1, id="before the emptying is for good"),
        pytest.param("main", "SET archived_at", 1, id="before it is written down"),
    ],
}


def moving_in_twos(app: Any) -> None:
    moving_sqlite._PIECE_ROWS = moving_postgres._PIECE_ROWS = 2  # type: ignore[misc]
    keep_up(app)


def crash_and_finish(shop: Shop, turn_clock: TurnClock, step: tuple[str, str, int]) -> None:
    visit_times(shop, turn_clock, 5)
    everything = places(shop)[0]

    turn_clock(MOVES)
    assert killed_at(shop.house.settings, MOVES, moving_in_twos, *step)
    main, archive = places(shop)
    keep_up_with(shop)

    assert sorted({*main, *archive}) == everything
    assert places(shop) == ([], everything)
    assert opened(shop) == [f"/page-{number}" for number in range(5)]
    with shop.app.app_context():
        assert shop.house.days.archived(None, None, None) == 5


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=False)
@pytest.mark.parametrize(("bind", "pattern", "times"), STEPS["sqlite"])
def test_a_move_out_of_sqlite_that_is_killed_at_any_step_is_finished_by_the_next_run(
    shop: Shop, turn_clock: TurnClock, engine_name: EngineName, bind: str, pattern: str, times: int
) -> None:
    crash_and_finish(shop, turn_clock, (bind, pattern, times))


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=False)
@pytest.mark.parametrize(("bind", "pattern", "times"), STEPS["postgresql"])
def test_a_move_out_of_postgresql_that_is_killed_at_any_step_is_finished_by_the_next_run(
    shop: Shop, turn_clock: TurnClock, engine_name: EngineName, bind: str, pattern: str, times: int
) -> None:
    crash_and_finish(shop, turn_clock, (bind, pattern, times))


def test_what_a_crash_left_in_both_places_is_destroyed_in_both_and_never_comes_back(
    shop: Shop, turn_clock: TurnClock
) -> None:
    visit_times(shop, turn_clock, 3)
    is_sqlite = shop.house.settings.database_url.startswith("sqlite")
    step = ("main", "DELETE FROM visits" if is_sqlite else "TRUNCATE", 1)
    assert killed_at(shop.house.settings, MOVES, keep_up, *step)
    in_both = list(map(len, places(shop)))

    turn_clock(GONE)
    with shop.app.app_context():
        overdue = shop.house.retention.check()
        shop.house.retention.run()
    keep_up_with(shop)

    assert in_both == [3, 3]
    assert (overdue.visits, overdue.archived_visits) == (3, 3)
    assert places(shop) == ([], [])


def test_destruction_that_is_killed_between_the_two_databases_leaves_nothing_to_move(
    shop: Shop, turn_clock: TurnClock
) -> None:
    visit_times(shop, turn_clock, 3)
    turn_clock(MOVES)
    keep_up_with(shop)
    is_sqlite = shop.house.settings.database_url.startswith("sqlite")
    step = ("archive", "DELETE FROM archived_visits" if is_sqlite else "TRUNCATE", 1)

    assert killed_at(shop.house.settings, GONE, destroy, *step)
    turn_clock(GONE + timedelta(seconds=2 * TURN_SECONDS))  # the lease of the dead has ended
    keep_up_with(shop)
    with shop.app.app_context():
        shop.house.retention.run()

    assert places(shop) == ([], [])


def test_a_visit_whose_instant_comes_in_the_middle_of_a_move_is_destroyed_and_not_moved(
    shop: Shop, turn_clock: TurnClock, small_pieces: None
) -> None:
    visit_times(shop, turn_clock, 6)
    turn_clock(GONE - timedelta(seconds=1))
    asked = 0

    def until_the_second_piece() -> bool:
        nonlocal asked
        asked += 1
        if asked == 2:
            turn_clock(GONE)
        return True

    with shop.app.app_context():
        shop.house.upkeep.counter.run(lambda: True)
        shop.house.upkeep.archiver.run(until_the_second_piece)
        archived = len(places(shop)[1])
        done = shop.house.retention.run()

    assert archived == 2
    assert places(shop) == ([], [])
    assert done.is_scrubbed


def test_a_move_that_must_give_way_goes_on_where_it_was(
    shop: Shop, turn_clock: TurnClock, small_pieces: None
) -> None:
    visit_times(shop, turn_clock, 6)
    turn_clock(MOVES)
    with shop.app.app_context():
        shop.house.upkeep.counter.run(lambda: True)
        answers = iter([True, False])
        cut_off = shop.house.upkeep.archiver.run(lambda: next(answers, False))
        archived = len(places(shop)[1])
        finished = shop.house.upkeep.archiver.run()

    assert (cut_off.days, archived) == ((), 2)
    assert finished.days == (DAY,)
    assert list(map(len, places(shop))) == [0, 6]


def test_a_visit_that_is_erased_while_it_moves_is_in_neither_place(
    shop: Shop, turn_clock: TurnClock, small_pieces: None
) -> None:
    """Erasure removes in the main database first, then in the archive; here between two pieces."""
    visit_times(shop, turn_clock, 4)
    everything = places(shop)[0]
    first = everything[:2]
    turn_clock(MOVES)

    def erase() -> bool:
        for bind, table in ((None, Visit), (ARCHIVE, ArchivedVisit)):
            with db.engines[bind].execution_options(writes=True).begin() as connection:
                connection.execute(delete(table).where(table.visit_id.in_(first)))
        return True

    with shop.app.app_context():
        shop.house.upkeep.counter.run(lambda: True)
        shop.house.upkeep.archiver.run(erase)

    assert places(shop) == ([], everything[2:])


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=False)
def test_a_visit_that_is_erased_between_reading_and_locking_does_not_live_on_in_the_archive(
    shop: Shop, turn_clock: TurnClock, engine_name: EngineName
) -> None:
    visit_times(shop, turn_clock, 2)
    [erased, kept] = places(shop)[0]
    turn_clock(MOVES)
    with shop.app.app_context():
        shop.house.upkeep.counter.run(lambda: True)
        mover = shop.house.upkeep.archiver._mover(lambda: True, Pace())
        assert isinstance(mover, moving_sqlite.MoveOnSqlite)
        rows = mover._next(DAY, GONE)
        with db.engine.execution_options(writes=True).begin() as connection:
            connection.execute(delete(Visit).where(Visit.visit_id == erased))

        assert mover._move(DAY, GONE, rows)

    assert places(shop) == ([], [kept])


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=False)
def test_nobody_changes_a_partition_while_a_piece_of_it_is_copied(
    shop: Shop, turn_clock: TurnClock, engine_name: EngineName
) -> None:
    visit_times(shop, turn_clock, 2)
    turn_clock(MOVES)
    with shop.app.app_context():
        shop.house.upkeep.counter.run(lambda: True)
        with db.engine.begin() as eraser:
            eraser.execute(delete(Visit))
            hindered = shop.house.upkeep.archiver.run()
            archived = places(shop)[1]

    assert (hindered, archived) == (Moved(0, ()), [])
    assert keep_up_with(shop)
    assert places(shop) == ([], [])


def test_another_record_in_its_place_in_the_archive_keeps_a_visit_where_it_is(
    shop: Shop, turn_clock: TurnClock, caplog: pytest.LogCaptureFixture
) -> None:
    visit_times(shop, turn_clock, 1)
    turn_clock(MOVES)
    keep_up_with(shop)
    with shop.app.app_context():
        with db.engines[ARCHIVE].begin() as connection:
            row = dict(connection.execute(select(ArchivedVisit.__table__)).mappings().one())
            connection.execute(update(ArchivedVisit).values(payload=b"something else"))
        row |= {"id": row["id"] & ((1 << 31) - 1), "visit_id": (visit_id := uuid.uuid4())}
        with db.engine.execution_options(writes=True).begin() as connection:
            connection.execute(insert(Visit), [row])
        shop.house.days.search()

    assert keep_up_with(shop)

    assert places(shop)[0] == [visit_id]
    assert "another record lies in its place" in caplog.text


def test_visits_that_come_after_their_day_has_moved_move_too(
    shop: Shop, turn_clock: TurnClock
) -> None:
    visit_times(shop, turn_clock, 1)
    turn_clock(MOVES)
    keep_up_with(shop)

    visit_times(shop, turn_clock, 2, RECORDED + timedelta(hours=1))  # a clock that was set back
    turn_clock(MOVES + timedelta(days=1))
    keep_up_with(shop)

    assert list(map(len, places(shop))) == [0, 3]


def test_rows_of_two_days_that_end_at_one_instant_move_each_in_its_time(
    shop: Shop, turn_clock: TurnClock
) -> None:
    """27 and 28 November: there is no 29 or 30 February."""
    days = [datetime(2026, 11, day, 3, tzinfo=UTC) for day in (28, 29)]
    ends = {shop.house.settings.visit_period.gone_at(day) for day in days}
    for day in days:
        visit_times(shop, turn_clock, 1, day)

    turn_clock(days[0] + timedelta(days=7))
    keep_up_with(shop)
    first = list(map(len, places(shop)))
    turn_clock(days[1] + timedelta(days=7))
    keep_up_with(shop)

    assert len(ends) == 1
    assert (first, list(map(len, places(shop)))) == ([1, 1], [0, 2])


def test_days_of_another_period_or_zone_move_like_the_others(
    make_shop: MakeShop, turn_clock: TurnClock
) -> None:
    shop = make_shop()
    visit_times(shop, turn_clock, 1)
    changed = make_shop(visit_months=4, zone="UTC")

    turn_clock(MOVES + timedelta(days=1))
    keep_up_with(changed)

    assert list(map(len, places(shop))) == [0, 1]


def test_an_archive_that_is_away_leaves_the_visits_where_they_are_and_hinders_no_destruction(
    shop: Shop, turn_clock: TurnClock, caplog: pytest.LogCaptureFixture
) -> None:
    visit_times(shop, turn_clock, 2)
    with shop.app.app_context(), db.engines[ARCHIVE].begin() as connection:
        connection.execute(text("ALTER TABLE archived_visits RENAME TO elsewhere"))

    turn_clock(MOVES)
    is_well = keep_up_with(shop)
    lags = shop.house.days.lags_seconds()

    assert not is_well
    assert "archiving failed" in caplog.text
    assert len(places_in_main(shop)) == 2
    assert lags["counting"] == 0
    assert lags["archiving"] > 0


def places_in_main(shop: Shop) -> list[Any]:
    with shop.app.app_context(), db.engine.connect() as connection:
        return list(connection.scalars(select(Visit.visit_id)))


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=False)
def test_a_writer_that_is_closed_moves_nothing(
    shop: Shop, turn_clock: TurnClock, engine_name: EngineName
) -> None:
    visit_times(shop, turn_clock, 1)
    turn_clock(MOVES)
    with shop.app.app_context():
        shop.house.upkeep.counter.run(lambda: True)
        shop.house.writer.close()
        with pytest.raises(Unavailable):
            shop.house.upkeep.archiver.run()

    assert list(map(len, places(shop))) == [1, 0]


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=False)
def test_after_a_move_no_file_of_the_main_database_holds_a_byte_of_the_row(
    shop: Shop, turn_clock: TurnClock, engine_name: EngineName
) -> None:
    visit_times(shop, turn_clock, 50)
    with shop.app.app_context():
        with db.engine.connect() as connection:
            payloads = list(connection.scalars(select(Visit.payload)))
        path = Path(str(db.engine.url.database))

    turn_clock(MOVES)
    keep_up_with(shop)

    left = b"".join(file.read_bytes() for file in path.parent.glob("consent.db*"))
    moved = b"".join(file.read_bytes() for file in path.parent.glob("archive.db*"))
    assert sum(payload in left for payload in payloads) == 0
    assert sum(payload in moved for payload in payloads) == 50


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=False)
def test_a_locked_archive_keeps_no_visitor_waiting(
    make_shop: MakeShop, turn_clock: TurnClock, engine_name: EngineName
) -> None:
    shop = make_shop(database_timeout_seconds=0.3)
    visit_times(shop, turn_clock, 1)
    turn_clock(MOVES)
    with shop.app.app_context():
        path = str(db.engines[ARCHIVE].url.database)
    statuses = []
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        def send() -> bool:
            statuses.append(shop.send_visit(shop.visit()).status_code)
            return True

        is_well = keep_up_with(shop, send)

    assert (is_well, set(statuses)) == (False, {204})
    assert list(map(len, places(shop))) == [1 + len(statuses), 0]


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=False)
def test_the_emptied_partition_gives_its_room_back_and_takes_what_comes_late(
    shop: Shop, turn_clock: TurnClock, engine_name: EngineName
) -> None:
    visit_times(shop, turn_clock, 3)
    turn_clock(MOVES)
    keep_up_with(shop)

    with shop.app.app_context(), db.engine.connect() as connection:
        [name] = [each.name for each in partitions(connection, "visits") if each.gone_at == GONE]
        size = connection.execute(text(f"SELECT pg_relation_size('{name}')")).scalar_one()
    visit_times(shop, turn_clock, 1)

    assert size == 0
    assert len(places_in_main(shop)) == 1
