"""The count of a day: exact, once, about nobody, whatever comes in between."""

from __future__ import annotations

import tracemalloc
import uuid
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import delete, insert, select

from consent_server import clock
from consent_server.statistics.counting import DayCounter
from consent_server.statistics.facts import hasher
from consent_server.statistics.models import VisitCount
from consent_server.statistics.rules import MOST_VALUES, Cell
from consent_server.statistics.scratch import scratch
from consent_server.statistics.services import DayNumbers, Numbers
from consent_server.storage.database import db
from consent_server.visits.models import Visit, VisitDay
from consent_server.visits.recorder import RECORD_CLASS
from consent_server.visits.schemas import Payload
from support.apps import EngineName
from support.crash import keep_up, killed_at
from support.shop import Shop

RECORDED = datetime(2026, 1, 15, 3, 30, tzinfo=UTC)
DAY = RECORDED.date()
NEXT = datetime(2026, 1, 15, 15, 10, tzinfo=UTC)  # ten minutes after midnight in Seoul
GONE = datetime(2026, 4, 15, 15, tzinfo=UTC)
TurnClock = Callable[[datetime], None]
Line = tuple[str, str, int, int]


@pytest.fixture
def turn_clock(monkeypatch: pytest.MonkeyPatch) -> TurnClock:
    return lambda instant: monkeypatch.setattr(clock, "now", lambda: instant)


def write(shop: Shop, payloads: Iterable[Payload], device: str = "pc", site: int = 0) -> None:
    """Writes visits of the day as they lie in the database."""
    period = shop.house.settings.visit_period
    for keeper in shop.house.partitions:
        keeper.ensure(period.gone_at(RECORDED))
    rows = []
    for payload in payloads:
        visit_id = uuid.uuid4()
        sealed = shop.house.ring.encrypt(RECORD_CLASS, DAY, visit_id, msgspec.json.encode(payload))
        rows.append({
            "visit_id": visit_id, "site_id": site or shop.id, "recorded_at": RECORDED, "day": DAY,
            "gone_at": period.gone_at(RECORDED), "device_class": device, "payload": sealed,
        })  # fmt: skip
    with shop.app.app_context(), db.engine.execution_options(writes=True).begin() as connection:
        connection.execute(insert(Visit), rows)


def seen(path: str, people: range, visits: int = 1, **more: Any) -> list[Payload]:
    """Visits of some people, known by their addresses, to a page."""
    return [
        Payload(ip=f"192.0.2.{who}", path=path, **more) for who in people for _ in range(visits)
    ]


def counted(shop: Shop, go_on: Callable[[], bool] = lambda: True) -> list[date]:
    with shop.app.app_context():
        return shop.house.upkeep.counter.run(go_on)


def lines(shop: Shop) -> list[Line]:
    """Returns the stored counts of the shop: dimension, value ("*" for the rest), two numbers."""
    with shop.app.app_context(), db.engine.connect() as connection:
        rows = connection.execute(
            select(VisitCount.__table__).where(VisitCount.site_id == shop.id)
        ).all()
    return sorted(
        (row.dimension, "*" if row.is_rest else row.value, row.visits, row.visitors) for row in rows
    )


def of(shop: Shop, dimension: str) -> list[Line]:
    return [line for line in lines(shop) if line[0] == dimension]


def numbers(shop: Shop, first: date = DAY, last: date = DAY) -> Numbers:
    with shop.app.app_context():
        found = shop.house.statistics.of(shop.id, first, last)
        summed = shop.house.statistics.summed(shop.id, first, last)
    assert replace(summed, days=[]) == replace(found, days=[]), "however it is added up"
    return found


def the_day(shop: Shop) -> DayNumbers:
    return numbers(shop).days[0]


def test_a_known_day_has_exactly_these_counts(shop: Shop, turn_clock: TurnClock) -> None:
    turn_clock(RECORDED)
    write(shop, seen("/", range(10), 2, browser="Chrome", system="Windows"))
    write(shop, seen("/pricing", range(3, 12), browser="Safari", system="iOS",
                     referrer="https://search.example"), device="mobile")  # fmt: skip

    turn_clock(NEXT)
    days = counted(shop)

    assert days == [DAY]
    assert lines(shop) == [
        ("asked", "", 29, 19),
        ("browser", "Chrome", 20, 10),
        ("browser", "Safari", 9, 9),
        ("country", "", 29, 19),
        ("device", "mobile", 9, 9),
        ("device", "pc", 20, 10),
        ("path", "/", 20, 10),
        ("path", "/pricing", 9, 9),
        ("referrer", "", 20, 10),
        ("referrer", "https://search.example", 9, 9),
        ("robots", "", 0, 0),
        ("system", "Windows", 20, 10),
        ("system", "iOS", 9, 9),
        ("total", "", 29, 19),
    ]


def test_who_is_known_by_a_visitor_id_is_one_visitor_at_any_address(
    shop: Shop, turn_clock: TurnClock
) -> None:
    turn_clock(RECORDED)
    people = [str(uuid.uuid4()) for _ in range(6)]
    for address in ("192.0.2.1", "198.51.100.7"):
        write(shop, [Payload(ip=address, path="/", visitor=visitor) for visitor in people])

    turn_clock(NEXT)
    counted(shop)

    assert of(shop, "total") == [("total", "", 12, 6)]


@pytest.mark.parametrize(
    ("known", "asked"),
    [
        pytest.param(8, 12, id="both are many"),
        pytest.param(0, 12, id="nobody had decided"),
        pytest.param(3, None, id="the others would be a few"),
    ],
)
def test_who_comes_without_a_decision_met_the_banner(
    shop: Shop, turn_clock: TurnClock, known: int, asked: int | None
) -> None:
    turn_clock(RECORDED)
    deciders = [p for n in range(known) for p in seen("/", range(n, n + 1), visitor=f"id-{n}")]
    write(shop, [*seen("/", range(12), 3), *deciders])

    turn_clock(NEXT)
    counted(shop)

    assert the_day(shop).asked == asked


def test_robots_are_counted_apart(shop: Shop, turn_clock: TurnClock) -> None:
    turn_clock(RECORDED)
    write(shop, seen("/", range(6)))
    write(shop, seen("/", range(20, 50), is_bot=True), device="bot")

    turn_clock(NEXT)
    counted(shop)

    assert of(shop, "total") == [("total", "", 6, 6)]
    assert of(shop, "robots") == [("robots", "", 30, 30)]
    assert of(shop, "device") == [("device", "pc", 6, 6)]


def test_each_site_has_its_own_counts(shop: Shop, other_shop: Shop, turn_clock: TurnClock) -> None:
    turn_clock(RECORDED)
    write(shop, seen("/", range(6)))
    write(shop, seen("/other", range(7)), site=other_shop.id)

    turn_clock(NEXT)
    counted(shop)

    assert of(shop, "path") == [("path", "/", 6, 6)]
    assert of(other_shop, "path") == [("path", "/other", 7, 7)]


def test_a_value_of_few_visitors_is_not_even_kept(shop: Shop, turn_clock: TurnClock) -> None:
    turn_clock(RECORDED)
    write(shop, seen("/", range(20)))
    write(shop, seen("/orders/kim", range(1), 9))
    write(shop, seen("/orders/lee", range(30, 34)))

    turn_clock(NEXT)
    counted(shop)

    assert of(shop, "path") == [("path", "*", 13, 5), ("path", "/", 20, 20)]
    assert "kim" not in str(lines(shop))


def test_a_rest_of_few_takes_the_smallest_value_along(shop: Shop, turn_clock: TurnClock) -> None:
    turn_clock(RECORDED)
    write(shop, seen("/", range(20)))
    write(shop, seen("/news", range(40, 46)))
    write(shop, seen("/orders/kim", range(1)))

    turn_clock(NEXT)
    counted(shop)

    assert of(shop, "path") == [("path", "*", 7, 7), ("path", "/", 20, 20)]


def test_paths_made_up_by_an_attacker_fill_no_table(
    shop: Shop, turn_clock: TurnClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(MOST_VALUES, "path", 3)
    turn_clock(RECORDED)
    for number in range(10):
        write(shop, seen(f"/made-up-{number}", range(6 + number)))
    write(shop, [Payload(ip="192.0.2.1", path=f"/{uuid.uuid4()}") for _ in range(300)])

    turn_clock(NEXT)
    counted(shop)

    kept = of(shop, "path")
    assert [value for _, value, _, _ in kept] == ["*", "/made-up-7", "/made-up-8", "/made-up-9"]
    assert sum(visits for *_, visits, _ in kept) == of(shop, "total")[0][2]


def test_a_day_that_goes_on_is_not_counted_nor_is_one_that_ended_this_minute(
    shop: Shop, turn_clock: TurnClock
) -> None:
    turn_clock(RECORDED)
    write(shop, seen("/", range(6)))

    before = counted(shop)
    turn_clock(NEXT - timedelta(seconds=1))
    early = [day for day in counted(shop) if day == DAY]
    turn_clock(NEXT)

    assert (before, early, counted(shop)) == ([date(2026, 1, 14)], [], [DAY])


def test_a_day_is_counted_once(shop: Shop, turn_clock: TurnClock) -> None:
    turn_clock(RECORDED)
    write(shop, seen("/", range(6)))

    turn_clock(NEXT)
    first, second = counted(shop), counted(shop)

    assert (first, second) == ([DAY], [])
    assert of(shop, "total") == [("total", "", 6, 6)]


def test_what_comes_after_the_count_is_counted_before_the_day_moves(
    shop: Shop, turn_clock: TurnClock
) -> None:
    turn_clock(RECORDED)
    write(shop, seen("/", range(6)))
    turn_clock(NEXT)
    counted(shop)
    write(shop, seen("/", range(10, 13)))

    turn_clock(RECORDED + timedelta(days=7))
    counted(shop)

    assert of(shop, "total") == [("total", "", 9, 9)]


def test_a_count_that_must_give_way_writes_nothing_and_is_made_by_the_next_run(
    shop: Shop, turn_clock: TurnClock
) -> None:
    turn_clock(RECORDED)
    write(shop, seen("/", range(6)))
    turn_clock(NEXT)

    cut_off = counted(shop, lambda: False)
    left = lines(shop)

    assert (cut_off, left) == ([], [])
    assert counted(shop) == [DAY]


@pytest.mark.parametrize(
    "pattern", ["DELETE FROM visit_counts", "INSERT INTO visit_counts", "SET counted_at"]
)
def test_a_count_that_is_killed_while_it_is_written_down_is_made_again_and_is_right(
    shop: Shop, turn_clock: TurnClock, pattern: str
) -> None:
    turn_clock(RECORDED)
    write(shop, seen("/", range(6)))

    turn_clock(NEXT)
    assert killed_at(shop.house.settings, NEXT, keep_up, "main", pattern)
    left = lines(shop)
    counted(shop)

    assert left == []
    assert of(shop, "total") == [("total", "", 6, 6)]


def test_a_count_that_cannot_be_written_down_is_told_and_late(
    shop: Shop, turn_clock: TurnClock, caplog: pytest.LogCaptureFixture
) -> None:
    turn_clock(RECORDED)
    write(shop, seen("/", range(6)))
    turn_clock(NEXT)
    with shop.app.app_context(), db.engine.execution_options(writes=True).begin() as connection:
        connection.exec_driver_sql("ALTER TABLE visit_counts RENAME TO elsewhere")

    with shop.app.app_context():
        is_well = shop.house.upkeep.run()

    assert not is_well
    assert "statistics failed" in caplog.text
    assert shop.house.days.lags_seconds()["counting"] == 0  # due this very instant
    turn_clock(NEXT + timedelta(hours=7))
    assert shop.house.days.lags_seconds()["counting"] == 7 * 3600


def test_a_day_whose_key_is_lost_says_so_and_counts_no_zero(
    shop: Shop, turn_clock: TurnClock
) -> None:
    turn_clock(RECORDED)
    write(shop, seen("/", range(6)))
    shop.house.ring.destroy(DAY)

    turn_clock(NEXT)
    with shop.app.app_context():
        shop.house.days.search()  # as the archiver does once a day: no key names the day any more
    counted(shop)

    day = the_day(shop)
    assert (day.state, day.visits, day.unreadable) == ("incomplete", None, 6)


def test_some_visits_that_cannot_be_read_are_named_beside_the_numbers_of_the_others(
    shop: Shop, turn_clock: TurnClock
) -> None:
    turn_clock(RECORDED)
    write(shop, seen("/", range(6)))
    with shop.app.app_context(), db.engine.execution_options(writes=True).begin() as connection:
        row = dict(connection.execute(select(Visit.__table__).limit(1)).mappings().one())
        del row["id"]
        connection.execute(insert(Visit), [row | {"visit_id": uuid.uuid4()}])

    turn_clock(NEXT)
    counted(shop)

    day = the_day(shop)
    assert (day.state, day.visits, day.visitors, day.unreadable) == ("incomplete", 6, 6, 1)


def test_a_day_that_was_destroyed_before_anybody_counted_says_so(
    shop: Shop, turn_clock: TurnClock
) -> None:
    turn_clock(RECORDED)
    write(shop, seen("/", range(6)))

    turn_clock(GONE)
    with shop.app.app_context():
        shop.house.upkeep.run()
        shop.house.retention.run()

    assert (the_day(shop).state, the_day(shop).visits) == ("destroyed", None)
    assert shop.house.days.lags_seconds() == {"counting": 0, "archiving": 0}


def test_days_without_a_visit_to_come_or_to_be_counted_are_told_apart(
    shop: Shop, turn_clock: TurnClock
) -> None:
    turn_clock(RECORDED)
    write(shop, seen("/", range(6)))
    turn_clock(NEXT + timedelta(days=3))
    counted(shop)

    days = numbers(shop, DAY, DAY + timedelta(days=5)).days

    assert [day.state for day in days] == ["counted", "none", "none", "none", "waiting", "waiting"]


def test_a_clock_that_was_ahead_does_not_leave_days_behind_that_seem_counted(
    shop: Shop, turn_clock: TurnClock
) -> None:
    turn_clock(RECORDED + timedelta(days=40))
    counted(shop)

    turn_clock(RECORDED)
    counted(shop)

    with shop.app.app_context():
        days = list(db.session.scalars(select(VisitDay.day)))
    assert max(days) == DAY - timedelta(days=1)


def test_counts_outlive_the_visits_and_nobody_can_be_found_in_them_or_linked(
    shop: Shop, turn_clock: TurnClock
) -> None:
    turn_clock(RECORDED)
    write(shop, seen("/", range(6)))
    of_day = hasher(shop.house.ring, DAY)
    shop.house.ring.encrypt(RECORD_CLASS, DAY + timedelta(days=1), uuid.uuid4(), b"")
    of_next = hasher(shop.house.ring, DAY + timedelta(days=1))
    turn_clock(NEXT)
    counted(shop)

    turn_clock(GONE)
    with shop.app.app_context():
        shop.house.retention.run()

    assert of_day is not None
    assert of_next is not None
    assert of_day("192.0.2.1") != of_next("192.0.2.1")
    assert hasher(shop.house.ring, DAY) is None
    assert of(shop, "total") == [("total", "", 6, 6)]
    assert "192.0.2" not in str(lines(shop))


def test_visits_that_are_erased_while_they_are_counted_do_not_stop_the_count(
    shop: Shop, turn_clock: TurnClock
) -> None:
    turn_clock(RECORDED)
    write(shop, seen("/", range(6)))
    turn_clock(NEXT)
    real = shop.house.upkeep.counter

    def country_of(_address: str) -> str:
        with db.engine.execution_options(writes=True).begin() as connection:
            connection.execute(delete(Visit))
        return "KR"

    counter = DayCounter(real.engine, real.writer, real.ring, real.days, country_of)
    with shop.app.app_context():
        assert counter.run(lambda: True) == [DAY]

    assert of(shop, "total") == [("total", "", 6, 6)]
    assert of(shop, "path") == []


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=False)
def test_a_larger_day_takes_no_more_memory(
    shop: Shop, turn_clock: TurnClock, engine_name: EngineName
) -> None:
    """Python's own; the scratch pad keeps to eight megabytes and spills."""
    turn_clock(RECORDED)
    peaks = []
    for _ in range(2):
        write(shop, seen("/", range(250), 12))
        turn_clock(NEXT)
        with shop.app.app_context(), db.engine.execution_options(writes=True).begin() as connection:
            connection.execute(delete(VisitDay))
        tracemalloc.start()
        counted(shop)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        turn_clock(RECORDED)
        for _ in range(3):
            write(shop, seen("/", range(250), 12))

    assert peaks[1] < peaks[0] * 1.5


def test_the_scratch_pad_counts_exactly_beyond_its_memory() -> None:
    with scratch() as pad:
        for page in range(40):
            rows = [
                (1, page * 5000 + n, 0, 0, (page * 5000 + n) % 150_000, n % 7, 0, 0, 0, 0, 0)
                for n in range(5000)
            ]
            pad.add(rows)
            pad.add(rows)  # again: the same visits

        assert pad.people(1) == (200_000, 150_000)
        assert len(pad.largest(1, "path", least=5, most=3)) == 3


def test_a_sum_is_of_the_days_that_are_shown(shop: Shop, turn_clock: TurnClock) -> None:
    turn_clock(RECORDED)
    write(shop, seen("/", range(6)))
    turn_clock(NEXT)
    counted(shop)
    with shop.app.app_context(), db.engine.execution_options(writes=True).begin() as connection:
        connection.execute(insert(VisitDay), [{"day": DAY - timedelta(days=1), "counted_at": NEXT}])
        row = {"site_id": shop.id, "day": DAY - timedelta(days=1), "is_rest": False, "value": ""}
        connection.execute(
            insert(VisitCount), [row | {"dimension": "total", "visits": 50, "visitors": 4}]
        )

    found = numbers(shop, DAY - timedelta(days=1), DAY)

    assert (found.visits, found.daily_visitors) == (6, 6)
    assert [(day.state, day.visits) for day in found.days] == [("few", None), ("counted", 6)]
    assert found.sums["path"] == ([Cell("/", 6, 6)], 0)
