"""Which numbers may be kept and shown (R24, S11, S15). Pure.

Two walls. **Kept** is a value of a dimension only if at least five visitors of its site and day
shared it; all others are one number, the rest. So a path that names a person, or one that an
attacker made up, never outlives the visits. **Shown** is nothing about fewer visitors than the
setting says, and never a number from which a hidden one could be computed: where what is hidden
would be too few, the smallest shown value is hidden with it (complementary suppression).

Both hold day by day: visitors of two days cannot be linked, so nobody can say how many people a
month had. Any longer period is a sum of what is shown of its days; no two questions can be
subtracted from each other to learn more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

LEAST_VISITORS: Final = 5  # k: below it a count may be about somebody (R24)
VALUE_CHARACTERS: Final = 500
MOST_VALUES: Final = {  # kept of a site and day, the most visited
    "path": 200,
    "referrer": 100,
    "browser": 50,
    "system": 50,
    "country": 250,
    "device": 5,
}
DIMENSIONS: Final = tuple(MOST_VALUES)
TOTAL, ROBOTS, UNREADABLE = "total", "robots", "unreadable"
ASKED: Final = "asked"  # of the total: who came without a decision, and so met the banner


@dataclass(frozen=True, slots=True)
class Cell:
    """One number. visitors: different ones of the day; None where nobody can say."""

    value: str
    visits: int
    visitors: int | None


def clean(value: str) -> str:
    """Returns a value that any database stores and any page shows."""
    return "".join(sign if sign.isprintable() else "�" for sign in value[:VALUE_CHARACTERS])


def shown(cells: Iterable[Cell], rest: Cell | None, least: int) -> tuple[list[Cell], Cell | None]:
    """Returns the values that may be shown, most visited first, and the number of all others."""
    ordered = sorted(cells, key=lambda cell: (-(cell.visitors or 0), -cell.visits, cell.value))
    kept = [cell for cell in ordered if (cell.visitors or 0) >= least]
    hidden = [*ordered[len(kept) :], *([rest] if rest else [])]
    while kept and hidden and _at_least(hidden) < least:
        hidden.append(kept.pop())
    return kept, _one(hidden)


def _at_least(cells: Sequence[Cell]) -> int:
    """Returns how many visitors some values have for certain: the same ones may have shared all."""
    return max(cell.visitors or 0 for cell in cells)


def _one(cells: Sequence[Cell]) -> Cell | None:
    if not cells:
        return None
    visitors = cells[0].visitors if len(cells) == 1 else None
    return Cell("", sum(cell.visits for cell in cells), visitors)
