"""Counts by device and country go on in fives, lose nothing, and tell nothing of one record."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from consent_server.statistics.circumstance_rules import (
    Amount,
    Cell,
    Heard,
    added,
    cells_of,
    passed_on,
)

DAY = date(2026, 1, 15)
MOBILE = Cell("device", "mobile", "action", "refuse_all")
PC = Cell("device", "pc", "action", "refuse_all")


def heard(**changes: Any) -> Heard:
    return Heard(**{
        "site_id": 1, "day": DAY, "device": "mobile", "country": "KR", "action": "accept_all",
        "decisions": (("analytics", True),), **changes,
    })  # fmt: skip


def cells(one: Heard, count: int = 1) -> dict[Cell, int]:
    found = cells_of({one: count}).get((1, DAY), {})
    return {cell: amount.number for cell, amount in found.items()}


def test_a_decision_is_counted_by_device_and_by_country_never_by_both() -> None:
    assert cells(heard(), 3) == {
        Cell("device", "mobile", "action", "accept_all"): 3,
        Cell("device", "mobile", "granted", "analytics"): 3,
        Cell("country", "KR", "action", "accept_all"): 3,
        Cell("country", "KR", "granted", "analytics"): 3,
    }


def test_where_no_country_can_be_told_none_is_counted() -> None:
    assert {cell.dimension for cell in cells(heard(country=None))} == {"device"}


def test_robots_are_one_number_apart() -> None:
    assert cells(heard(device="bot")) == {Cell("device", "bot", "action", "accept_all"): 1}


def test_a_withdrawal_answers_nothing() -> None:
    assert cells(heard(action="withdraw")) == {}


def test_counts_go_on_in_fives_and_the_rest_waits() -> None:
    on, held = passed_on({MOBILE: Amount(13, 13), PC: Amount(4, 4)})

    assert on == {MOBILE: 10}
    assert held == {MOBILE: Amount(3, 0), PC: Amount(4, 0)}


def test_what_waited_goes_on_only_with_five_new_decisions_of_its_kind() -> None:
    waiting = {PC: Amount(4, 0), MOBILE: Amount(3, 0)}

    on, held = passed_on(added([waiting, {PC: Amount(1, 1)}]))
    assert on == {}, "the only refusal of this day would be known to be from a computer"

    on, held = passed_on(added([held, {MOBILE: Amount(4, 4)}]))
    assert on == {PC: 5, MOBILE: 5}
    assert held == {MOBILE: Amount(2, 0)}


DAYS = st.lists(
    st.dictionaries(st.sampled_from([MOBILE, PC]), st.integers(1, 12)), min_size=1, max_size=12
)


@given(DAYS)
def test_nothing_is_lost_and_nothing_counted_twice(days: list[dict[Cell, int]]) -> None:
    held: dict[Cell, Amount] = {}
    came, gone = Counter[Cell](), Counter[Cell]()
    since = 0  # decisions since something last went on
    for day in days:
        came.update(day)
        since += sum(day.values())
        held_before = held
        on, held = passed_on(added([held_before, {c: Amount(n, n) for c, n in day.items()}]))
        gone.update(on)
        assert all(number % 5 == 0 for number in on.values())
        assert not on or since >= 5
        since = 0 if since >= 5 else since

    waiting = {cell: amount.number for cell, amount in held.items()}
    assert came == gone + Counter(waiting)
    assert all(count < 9 for count in waiting.values()), "what waits is always a few"
