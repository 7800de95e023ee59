"""No few can be read off, whatever the counts are."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as some

from consent_server.statistics.decision_rules import Record, Split, pooled, split, tally
from consent_server.statistics.decisions import Day, Decisions
from consent_server.statistics.funnel import Funnel, funnel
from consent_server.statistics.services import DayNumbers, Numbers, weeks_of

DAY = date(2026, 1, 15)
COUNTS = some.dictionaries(some.text(max_size=3), some.integers(0, 40), max_size=8)


@given(COUNTS, some.integers(1, 10))
def test_nothing_is_lost_and_nothing_few_stands_alone(counts: dict[str, int], least: int) -> None:
    shown, rest = pooled(counts, least)

    assert sum(shown.values()) + rest == sum(counts.values())
    assert all(count >= least for count in shown.values())
    assert not (shown and 0 < rest < least)


@given(some.integers(0, 40), some.integers(0, 40), some.integers(1, 10))
def test_a_split_shows_no_few_on_either_side(granted: int, refused: int, least: int) -> None:
    found = split(granted, refused, least)

    if found is not None and found.granted is not None:
        assert not 0 < granted < least
        assert not 0 < refused < least
    assert (found is None) == (granted + refused < least)


@pytest.mark.parametrize(
    ("found", "share"),
    [
        pytest.param(split(30, 10, 5), 0.75, id="both are many"),
        pytest.param(split(30, 0, 5), 1.0, id="nobody refused"),
        pytest.param(Split(33, None, None), None, id="a few refused"),
    ],
)
def test_a_share_is_told_where_both_sides_may_be(found: Split, share: float | None) -> None:
    assert found.share == share


def test_a_withdrawal_is_an_action_and_no_answer() -> None:
    record = Record(1, "withdraw", 1, "ko", '{"analytics":false}', datetime(2026, 1, 15))  # noqa: DTZ001

    counts = tally([record], lambda instant: instant.date())

    assert [(key.what, key.value) for key in counts] == [("action", "withdraw")]


def visited(visitors: int | None, asked: int | None) -> Numbers:
    day = DayNumbers(DAY, "counted", visits=visitors, visitors=visitors, asked=asked)
    return Numbers([day], visitors or 0, 0, visitors or 0, {})


def test_the_way_from_visit_to_decision_sums_days_of_which_all_is_known() -> None:
    decided = Decisions(days=[Day(DAY, {"accept_all": 20}, 10), Day(date(2026, 1, 16), {}, 99)])

    assert funnel(decided, visited(100, 70)) == Funnel(1, 100, 70, decided=30, allowed=20)
    assert funnel(decided, visited(100, None)) is None
    assert funnel(decided, visited(None, None)) is None


def test_who_passed_the_banner_by_is_never_fewer_than_nobody() -> None:
    assert Funnel(1, came=90, asked=70, decided=30, allowed=5).ignored == 40
    assert Funnel(1, came=90, asked=10, decided=30, allowed=5).ignored == 0


def test_weeks_of_visits_add_up_what_is_shown_of_their_days() -> None:
    shown = [
        DayNumbers(date(2026, 1, n), "counted", 10, 5, 1, unreadable=int(n == 3))
        for n in range(1, 8)
    ]
    last = [DayNumbers(date(2026, 1, 8), "few"), DayNumbers(date(2026, 1, 9), "waiting")]

    first, second = weeks_of([*shown, *last])

    assert (first.day, first.state) == (date(2026, 1, 1), "incomplete")
    assert (first.visits, first.visitors) == (70, 35)
    assert (second.day, second.state, second.visits) == (date(2026, 1, 8), "few", None)
