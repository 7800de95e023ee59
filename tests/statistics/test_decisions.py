"""The counts of decisions: each record once, whatever comes in between, and no few alone."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from flask import Flask
from sqlalchemy import delete, insert, select

from consent_server import clock
from consent_server.consents.models import ConsentRecord
from consent_server.house import house_of
from consent_server.statistics.decision_rules import Split
from consent_server.statistics.decisions import Decisions
from consent_server.statistics.models import DecisionCount
from consent_server.storage.append_only import unprotect
from consent_server.storage.database import db
from support.crash import COMMIT, keep_up, killed_at
from support.shop import Shop

NOON = datetime(2026, 1, 15, 3, tzinfo=UTC)
DAY = date(2026, 1, 15)
LATER = NOON + timedelta(minutes=5)
TurnClock = Callable[[datetime], None]


@pytest.fixture
def turn_clock(monkeypatch: pytest.MonkeyPatch) -> TurnClock:
    return lambda instant: monkeypatch.setattr(clock, "now", lambda: instant)


def row(shop: Shop, **changes: Any) -> dict[str, Any]:
    return {
        "consent_id": uuid.uuid4(), "site_id": shop.id, "visitor_id": uuid.uuid4(),
        "action": "accept_all", "policy_version": 1, "language": "ko", "text_sha256": "0" * 64,
        "decisions": {"analytics": True, "marketing": True}, "services": {}, "layer": "notice",
        "trusted": True, "gpc": False, "recorded_at": NOON, "valid_until": NOON,
        "digest": "0" * 64, **changes,
    }  # fmt: skip


def write(shop: Shop, count: int, **changes: Any) -> None:
    """Writes records as they lie in the database."""
    with shop.app.app_context(), db.engine.execution_options(writes=True).begin() as connection:
        connection.execute(insert(ConsentRecord), [row(shop, **changes) for _ in range(count)])


def refuse(shop: Shop, count: int, **changes: Any) -> None:
    decisions = {"analytics": False, "marketing": False}
    write(shop, count, action="refuse_all", decisions=decisions, **changes)


def counted(shop: Shop) -> int:
    """Counts twice, for PostgreSQL first wants to see that nobody is still writing."""
    with shop.app.app_context():
        return sum(shop.house.upkeep.decisions.run() for _ in range(2))


def stored(shop: Shop) -> dict[tuple[Any, ...], int]:
    with shop.app.app_context(), db.engine.connect() as connection:
        rows = connection.execute(select(DecisionCount.__table__)).all()
    return {tuple(row)[1:-1]: row.records for row in rows if row.site_id == shop.id}


def shown(shop: Shop, first: date = DAY, last: date = DAY) -> Decisions:
    with shop.app.app_context():
        return shop.house.decisions.of([shop.id], first, last)


def test_known_records_have_exactly_these_counts(shop: Shop) -> None:
    write(shop, 7)
    refuse(shop, 5, language="en")
    write(shop, 2, action="withdraw", decisions={"analytics": False, "marketing": False})

    assert counted(shop) == 14
    assert stored(shop) == {
        (DAY, "action", "accept_all", 1, "ko"): 7,
        (DAY, "action", "refuse_all", 1, "en"): 5,
        (DAY, "action", "withdraw", 1, "ko"): 2,
        (DAY, "granted", "analytics", 1, "ko"): 7,
        (DAY, "granted", "marketing", 1, "ko"): 7,
        (DAY, "refused", "analytics", 1, "en"): 5,
        (DAY, "refused", "marketing", 1, "en"): 5,
    }


def test_a_day_begins_at_midnight_in_the_zone_of_the_law(shop: Shop) -> None:
    write(shop, 5, recorded_at=datetime(2026, 1, 15, 14, 59, 59, tzinfo=UTC))
    write(shop, 6, recorded_at=datetime(2026, 1, 15, 15, 0, 0, tzinfo=UTC))

    counted(shop)

    days = shown(shop, DAY, DAY + timedelta(days=1)).days
    assert [(day.day.day, day.total) for day in days] == [(15, 5), (16, 6)]


def test_numbers_are_the_same_before_and_after_counting(shop: Shop) -> None:
    write(shop, 9)
    counted(shop)
    refuse(shop, 8)

    before = shown(shop)
    counted(shop)

    assert before == shown(shop)
    assert (before.answered, before.is_complete) == (17, True)
    assert before.purposes["analytics"] == Split(17, 9, 8)


def test_records_are_counted_once_however_often_it_is_tried(shop: Shop) -> None:
    for _ in range(3):
        write(shop, 5)
        counted(shop)
        counted(shop)

    assert stored(shop)[DAY, "action", "accept_all", 1, "ko"] == 15


@pytest.mark.parametrize("step", [COMMIT, "UPDATE decision_counts", "INSERT INTO decision_counts"])
def test_a_count_that_is_killed_leaves_nothing_out_and_adds_nothing_twice(
    shop: Shop, step: str
) -> None:
    write(shop, 11)
    with shop.app.app_context():
        shop.house.upkeep.decisions.run()
    write(shop, 5)

    assert killed_at(shop.house.settings, LATER, keep_up, "main", step)
    counted(shop)

    assert stored(shop)[DAY, "action", "accept_all", 1, "ko"] == 16


def test_two_counts_at_once_add_nothing_twice(shop: Shop) -> None:
    write(shop, 6)
    counter = shop.house.upkeep.decisions
    with shop.app.app_context():
        counter.run()
        begin, end = counter._span()
        write(shop, 4)
        counted(shop)

        late = counter._add(begin if begin != end else 0, end, {})

    assert not late
    assert stored(shop)[DAY, "action", "accept_all", 1, "ko"] == 10


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_a_row_number_that_is_given_but_not_committed_is_waited_for(shop: Shop) -> None:
    with shop.app.app_context(), db.engine.connect() as slow:
        slow.execute(insert(ConsentRecord), [row(shop)])
        write(shop, 5)

        assert counted(shop) == 0
        assert shown(shop).answered == 5

        slow.commit()
    counted(shop)

    assert stored(shop)[DAY, "action", "accept_all", 1, "ko"] == 6


def test_row_numbers_that_are_given_again_after_destruction_are_counted(
    shop: Shop, turn_clock: TurnClock
) -> None:
    turn_clock(NOON)
    write(shop, 6)
    counted(shop)
    with shop.app.app_context(), db.engine.execution_options(writes=True).begin() as connection:
        _let_go(connection)
        connection.execute(delete(ConsentRecord))

    turn_clock(LATER)
    refuse(shop, 5, recorded_at=LATER)
    counted(shop)

    assert stored(shop)[DAY, "action", "accept_all", 1, "ko"] == 6
    assert stored(shop)[DAY, "action", "refuse_all", 1, "ko"] == 5


def _let_go(connection: Any) -> None:
    """Takes the trigger away that keeps records from being deleted: not what is tested here."""
    with Operations.context(MigrationContext.configure(connection)):
        unprotect("consent_records")


def test_what_is_few_is_shown_only_together_with_more(shop: Shop) -> None:
    write(shop, 9)
    refuse(shop, 1)
    write(shop, 2, language="en")
    write(shop, 3, recorded_at=NOON + timedelta(days=1))

    numbers = shown(shop, DAY, DAY + timedelta(days=2))

    assert numbers.answered == 15
    assert [(day.answers, day.total) for day in numbers.days] == [({}, 0)] * 3
    assert numbers.few == 15  # three would be told by subtraction, were the other day shown
    assert numbers.purposes["analytics"] == Split(15, None, None)
    assert [(group.value, group.total) for group in numbers.languages] == [("", 15)]


def test_other_sites_and_other_days_are_left_out(shop: Shop, other_shop: Shop) -> None:
    write(shop, 6)
    write(other_shop, 7)
    write(shop, 8, recorded_at=NOON - timedelta(days=1))
    counted(shop)
    write(other_shop, 5)

    assert shown(shop).answered == 6


def test_the_jobs_count_decisions(app: Flask, shop: Shop) -> None:
    write(shop, 5)

    with app.app_context():
        assert house_of(app).upkeep.run()
        assert house_of(app).upkeep.run()

    assert stored(shop)[DAY, "action", "accept_all", 1, "ko"] == 5


def test_a_long_period_is_told_by_week(shop: Shop) -> None:
    write(shop, 3)
    write(shop, 4, recorded_at=NOON + timedelta(days=6))
    write(shop, 9, recorded_at=NOON + timedelta(days=7))

    numbers = shown(shop, DAY, DAY + timedelta(days=92))

    assert numbers.is_by_week
    assert [(day.day, day.total) for day in numbers.days[:3]] == [
        (DAY, 7),
        (DAY + timedelta(days=7), 9),
        (DAY + timedelta(days=14), 0),
    ]


def test_no_number_is_shown_when_all_together_are_few(shop: Shop) -> None:
    write(shop, 4)

    numbers = shown(shop)

    assert (numbers.few, numbers.actions, numbers.languages) == (None, {}, [])
    assert numbers.purposes == {"analytics": None, "marketing": None}
