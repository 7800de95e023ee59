"""How decisions are counted by device and by country without saying so of any record. Pure.

A consent record has an exact time and says what was decided. A count of one device or country on
one day would put these back onto it ("the only refusal of Tuesday came from Iceland"). So counts
are held back, sealed, until they are enough, and go on **in fives**: of a cell, five and five more
that are alike, and only once five decisions of the same kind came since the last time, so nobody
can tell which of these it was. What is below five waits for more: nothing is thrown away, and no
share is bent, as it would be if small days were left out. One dimension at a time: no number is of
a device *in* a country.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final, NamedTuple

from consent_server.statistics.decision_rules import ACTION, ANSWERS, GRANTED, REFUSED
from consent_server.statistics.rules import LEAST_VISITORS

DEVICE, COUNTRY = "device", "country"
BOT: Final = "bot"
UNKNOWN_COUNTRY: Final = "ZZ"  # as ISO 3166-1 and CLDR have it
TOGETHER: Final = LEAST_VISITORS  # so many alike go on at once (R24)


class Heard(NamedTuple):
    """What is kept of a decision in memory, for seconds. country: None where nobody can tell."""

    site_id: int
    day: date
    device: str
    country: str | None
    action: str
    decisions: tuple[tuple[str, bool], ...]


class Cell(NamedTuple):
    """What is counted apart. what: action, granted or refused; decided: the action or purpose."""

    dimension: str
    value: str
    what: str
    decided: str


class Amount(NamedTuple):
    """number: decisions that were not yet passed on. fresh: of these, since something last was."""

    number: int
    fresh: int


Cells = Mapping[Cell, Amount]


def cells_of(heard: Mapping[Heard, int]) -> dict[tuple[int, date], dict[Cell, Amount]]:
    """Returns the counts of what was heard, by site and day. Only answers count.

    Robots are one number: they are in no country, and what they granted means nothing.
    """
    found: dict[tuple[int, date], dict[Cell, Amount]] = defaultdict(dict)
    for one, count in heard.items():
        if one.action in ANSWERS:
            of_day = found[one.site_id, one.day]
            for cell in _cells(one):
                known = of_day.get(cell, Amount(0, 0))
                of_day[cell] = Amount(known.number + count, known.fresh + count)
    return dict(found)


def _cells(one: Heard) -> Iterable[Cell]:
    if one.device == BOT:
        return [Cell(DEVICE, BOT, ACTION, one.action)]
    places = [(DEVICE, one.device)]
    if one.country is not None:
        places.append((COUNTRY, one.country))
    kinds = [(ACTION, one.action)]
    kinds += [(GRANTED if granted else REFUSED, purpose) for purpose, granted in one.decisions]
    return [Cell(*place, *kind) for place in places for kind in kinds]


def added(counts: Iterable[Cells]) -> dict[Cell, Amount]:
    """Returns the sums of several counts."""
    sums: dict[Cell, Amount] = {}
    for cells in counts:
        for cell, amount in cells.items():
            known = sums.get(cell, Amount(0, 0))
            sums[cell] = Amount(known.number + amount.number, known.fresh + amount.fresh)
    return sums


def passed_on(cells: Cells) -> tuple[dict[Cell, int], dict[Cell, Amount]]:
    """Returns which counts go on, in fives, and what is held back for another day."""
    fresh: dict[tuple[str, str, str], int] = defaultdict(int)
    for cell, amount in cells.items():
        fresh[_kind(cell)] += amount.fresh
    on, held = dict[Cell, int](), dict[Cell, Amount]()
    for cell, amount in cells.items():
        if fresh[_kind(cell)] < TOGETHER:
            held[cell] = amount
            continue
        number = amount.number // TOGETHER * TOGETHER
        if number:
            on[cell] = number
        if amount.number > number:
            held[cell] = Amount(amount.number - number, 0)
    return on, held


def _kind(cell: Cell) -> tuple[str, str, str]:
    return cell.dimension, cell.what, cell.decided
