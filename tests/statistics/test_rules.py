"""What is hidden stays hidden: no number about few, and none that can be computed from others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_server.statistics.rules import VALUE_CHARACTERS, Cell, clean, shown

cells = st.lists(st.tuples(st.integers(1, 12), st.integers(0, 9)), min_size=0, max_size=8).map(
    lambda found: [
        Cell(f"/{number}", visitors + more, visitors)
        for number, (visitors, more) in enumerate(found)
    ]
)
rests = st.none() | st.integers(5, 9).map(lambda visitors: Cell("", visitors + 1, visitors))


@given(cells=cells, rest=rests, least=st.integers(5, 9))
def test_whatever_is_shown_or_left_over_is_about_enough_visitors(
    cells: list[Cell], rest: Cell | None, least: int
) -> None:
    kept, others = shown(cells, rest, least)
    left = [cell for cell in [*cells, *filter(None, [rest])] if cell not in kept]

    assert all((cell.visitors or 0) >= least for cell in kept)
    assert sum(cell.visits for cell in left) == (others.visits if others else 0)
    # the total less what is shown is what is left: nobody, enough people, or everything
    assert not left or not kept or max(cell.visitors or 0 for cell in left) >= least


def test_the_smallest_shown_value_is_hidden_with_a_single_small_one() -> None:
    found = [Cell("/a", 90, 40), Cell("/b", 20, 8), Cell("/c", 3, 2)]

    kept, others = shown(found, None, 5)

    assert kept == [Cell("/a", 90, 40)]
    assert others == Cell("", 23, None)


def test_nothing_is_hidden_when_all_values_are_large_enough() -> None:
    found = [Cell("/a", 90, 40), Cell("/b", 20, 8)]

    assert shown(found, Cell("", 6, 5), 5) == (found, Cell("", 6, 5))


@pytest.mark.parametrize(
    ("value", "kept"),
    [("/pricing", "/pricing"), ("a\x00b\nc", "a�b�c"), ("한글", "한글"), ("/" * 900, "/" * 500)],
)
def test_any_value_can_be_stored_and_shown(value: str, kept: str) -> None:
    assert clean(value) == kept
    assert len(clean(value)) <= VALUE_CHARACTERS
