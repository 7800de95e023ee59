"""Decisions by device and country: counted once, sealed until they are enough, on no record."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from consent_server import clock
from consent_server.consents.models import ConsentRecord
from consent_server.consents.schemas import Submission, decoder
from consent_server.statistics.circumstance_rules import Amount, Cell
from consent_server.statistics.circumstances import Circumstances
from consent_server.statistics.hearing import Hearing
from consent_server.statistics.models import HeldCount
from consent_server.statistics.sealed import CountSeal
from consent_server.storage.database import db
from support.crash import COMMIT, keep_up, killed_at
from support.shop import IPHONE, MakeShop, Shop

NOON = datetime(2026, 1, 15, 3, tzinfo=UTC)
DAY, NEXT = date(2026, 1, 15), date(2026, 1, 16)
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
PC = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 "
    "(KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
)
TurnClock = Callable[[datetime], None]


@pytest.fixture
def turn_clock(monkeypatch: pytest.MonkeyPatch) -> TurnClock:
    return lambda instant: monkeypatch.setattr(clock, "now", lambda: instant)


@pytest.fixture
def shop(make_shop: MakeShop) -> Shop:
    """A shop whose proxy names the country."""
    return make_shop(country_header="CF-IPCountry")


def decide(shop: Shop, count: int, *, country: str = "KR", agent: str = IPHONE) -> None:
    for _ in range(count):
        send(shop, shop.submission(), country=country, agent=agent)


def send(shop: Shop, body: Any, *, country: str = "KR", agent: str = IPHONE) -> None:
    headers = {"CF-IPCountry": country}
    assert shop.send_consent(body, user_agent=agent, headers=headers).status_code == 201


def count_at(shop: Shop, turn_clock: TurnClock, instant: datetime) -> None:
    assert shop.house.hearing.flush()
    turn_clock(instant)
    with shop.app.app_context():
        assert shop.house.upkeep.run()


def shown(shop: Shop, first: date = DAY, last: date = NEXT) -> Circumstances:
    with shop.app.app_context():
        return shop.house.circumstances.of([shop.id], first, last)


def totals(found: Circumstances) -> dict[str, int]:
    return {group.value: group.total for group in (*found.devices, *found.countries)}


def test_answers_are_shown_by_device_and_country_when_the_day_is_over(
    shop: Shop, turn_clock: TurnClock
) -> None:
    turn_clock(NOON)
    decide(shop, 11)
    decide(shop, 6, country="XX", agent=PC)
    for _ in range(5):
        send(shop, shop.refusal(), country="DE")

    count_at(shop, turn_clock, NOON + timedelta(minutes=1))
    assert totals(shown(shop)) == {}, "as long as the day lasts, whoever looks twice would see who"

    count_at(shop, turn_clock, NOON + timedelta(days=1))
    found = shown(shop)
    assert totals(found) == {"mobile": 15, "pc": 5, "KR": 10, "ZZ": 5, "DE": 5}
    mobile = found.splits["device"]["mobile"]["analytics"]
    assert mobile is not None
    assert (mobile.granted, mobile.refused) == (10, 5)


def test_what_is_too_few_goes_on_with_a_later_day(shop: Shop, turn_clock: TurnClock) -> None:
    turn_clock(NOON)
    decide(shop, 3)
    count_at(shop, turn_clock, NOON + timedelta(days=1))
    assert totals(shown(shop)) == {}

    decide(shop, 7)
    count_at(shop, turn_clock, NOON + timedelta(days=2))
    assert totals(shown(shop, NEXT, NEXT)) == {"mobile": 10, "KR": 10}


def test_a_submission_that_comes_again_is_counted_once(shop: Shop, turn_clock: TurnClock) -> None:
    turn_clock(NOON)
    body = shop.submission()
    for _ in range(6):
        send(shop, body)
    decide(shop, 4)

    count_at(shop, turn_clock, NOON + timedelta(days=1))

    assert totals(shown(shop)) == {"mobile": 5, "KR": 5}


def test_robots_are_in_no_number_of_people(shop: Shop, turn_clock: TurnClock) -> None:
    turn_clock(NOON)
    decide(shop, 10, agent=GOOGLEBOT)

    count_at(shop, turn_clock, NOON + timedelta(days=1))

    found = shown(shop)
    assert (totals(found), found.robots, found.purposes) == ({}, 10, [])


def test_processes_add_and_never_overwrite(shop: Shop, turn_clock: TurnClock) -> None:
    turn_clock(NOON)
    house = shop.house
    decide(shop, 2)
    seal = CountSeal(house.settings.secret_key)
    other = Hearing(house.writer, seal, house.countries, house.settings.visit_period.day_of)
    for _ in range(2):
        assert house.hearing.flush()
        decide(shop, 1)
    for _ in range(3):
        other.hear(shop.id, _accepted(shop), {"HTTP_USER_AGENT": IPHONE, "HTTP_CF_IPCOUNTRY": "KR"})
        assert other.flush()

    count_at(shop, turn_clock, NOON + timedelta(minutes=1))
    assert len(held(shop)) == 1, "what processes wrote is added up soon"
    decide(shop, 3)
    count_at(shop, turn_clock, NOON + timedelta(days=1))

    assert totals(shown(shop)) == {"mobile": 10, "KR": 10}
    assert held(shop) == []


def test_a_count_that_could_not_be_written_is_written_once_later(
    shop: Shop, turn_clock: TurnClock
) -> None:
    turn_clock(NOON)
    decide(shop, 5)
    alter(shop, "ALTER TABLE held_counts RENAME TO away")
    assert not shop.house.hearing.flush()
    decide(shop, 5)
    alter(shop, "ALTER TABLE away RENAME TO held_counts")

    assert shop.house.hearing.flush()
    count_at(shop, turn_clock, NOON + timedelta(days=1))

    assert totals(shown(shop)) == {"mobile": 10, "KR": 10}


@pytest.mark.parametrize(
    ("pattern", "times"),
    [
        pytest.param("circumstance_counts", 1, id="between two statements"),
        pytest.param(COMMIT, 2, id="right before a commit"),
    ],
)
def test_a_killed_count_loses_nothing_and_counts_nothing_twice(
    shop: Shop, turn_clock: TurnClock, pattern: str, times: int
) -> None:
    turn_clock(NOON)
    decide(shop, 10)
    assert shop.house.hearing.flush()
    later = NOON + timedelta(days=1)

    assert killed_at(shop.house.settings, later, keep_up, "main", pattern, times)
    count_at(shop, turn_clock, later)

    assert totals(shown(shop)) == {"mobile": 10, "KR": 10}


def test_neither_a_record_nor_a_reader_of_the_database_knows_the_device(
    shop: Shop, turn_clock: TurnClock
) -> None:
    turn_clock(NOON)
    decide(shop, 1)
    assert shop.house.hearing.flush()

    (row,) = held(shop)
    assert b"mobile" not in row.payload
    assert CountSeal("another secret " * 3).open(row.id, row.payload) is None
    opened = CountSeal(shop.house.settings.secret_key).open(row.id, row.payload)
    assert opened is not None
    assert opened[Cell("device", "mobile", "action", "accept_all")] == Amount(1, 1)
    assert not {"device", "device_class", "country"} & set(ConsentRecord.__table__.c.keys())


def test_nothing_is_looked_at_where_it_is_turned_off(
    make_shop: MakeShop, turn_clock: TurnClock
) -> None:
    shop = make_shop(country_header="CF-IPCountry", count_devices=False)
    turn_clock(NOON)
    decide(shop, 1)

    assert shop.house.hearing.flush()
    assert held(shop) == []


def held(shop: Shop) -> list[Any]:
    with shop.app.app_context(), db.engine.connect() as connection:
        rows = connection.execute(select(HeldCount.__table__)).all()
    return [row for row in rows if row.site_id == shop.id]


def alter(shop: Shop, statement: str) -> None:
    with shop.app.app_context(), db.engine.execution_options(writes=True).begin() as connection:
        connection.execute(text(statement))


def _accepted(shop: Shop) -> Submission:
    return decoder.decode(json.dumps(shop.submission()))
