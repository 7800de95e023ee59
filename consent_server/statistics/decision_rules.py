"""Which counts are made of consent records, and which of them may be shown (R24). Pure.

Every value comes from the operator's own notice: an action, a purpose, a version, a language. So
small counts may be kept, beside records that say more. What is shown or printed is another thing:
no number below the least stands alone, and none can be had by subtraction from its own row.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Final, NamedTuple, TypeVar

ACTION, GRANTED, REFUSED = "action", "granted", "refused"
# What people answered when they were asked. A withdrawal, a signal and an import answer nothing.
ANSWERS: Final = frozenset({"accept_all", "refuse_all", "customise", "ask_each"})
_CACHED_DECISIONS: Final = 1024

T = TypeVar("T", bound=Hashable)


class Key(NamedTuple):
    """What is counted apart. what: action, granted or refused; value: the action or the purpose."""

    site_id: int
    day: date
    what: str
    value: str
    policy_version: int
    language: str


class Record(NamedTuple):
    """What is counted of a consent record. decisions: as JSON, purpose -> granted."""

    site_id: int
    action: str
    policy_version: int
    language: str
    decisions: str
    recorded_at: datetime


def tally(records: Iterable[Record], day_of: Callable[[datetime], date]) -> Counter[Key]:
    """Counts records by site, day, action, version, language, and what was decided by purpose."""
    alike = Counter((*record[:5], day_of(record.recorded_at)) for record in records)
    counts: Counter[Key] = Counter()
    for (site_id, action, version, language, decisions, day), count in alike.items():
        counts[Key(site_id, day, ACTION, action, version, language)] += count
        for purpose, is_granted in _decided(decisions) if action in ANSWERS else ():
            what = GRANTED if is_granted else REFUSED
            counts[Key(site_id, day, what, purpose, version, language)] += count
    return counts


@lru_cache(_CACHED_DECISIONS)
def _decided(decisions: str) -> tuple[tuple[str, bool], ...]:
    return tuple(json.loads(decisions).items())


@dataclass(frozen=True, slots=True)
class Split:
    """One purpose. granted, refused: None where one of them is a few."""

    asked: int
    granted: int | None
    refused: int | None

    @property
    def share(self) -> float | None:
        """Which part granted it, 0 to 1."""
        return None if self.granted is None or not self.asked else self.granted / self.asked


def split(granted: int, refused: int, least: int) -> Split | None:
    """Returns what may be shown of a purpose; None when hardly anybody was asked."""
    asked = granted + refused
    if asked < least:
        return None
    if any(0 < count < least for count in (granted, refused)):
        return Split(asked, None, None)
    return Split(asked, granted, refused)


def pooled(counts: Mapping[T, int], least: int) -> tuple[dict[T, int], int]:
    """Returns the counts that may be shown, largest first, and the sum of all others.

    The smallest shown one is taken into the sum until that is nothing or no few any more; so the
    sum itself is shown only if it is at least the least.
    """
    ordered = sorted(
        ((key, count) for key, count in counts.items() if count),
        key=lambda pair: (-pair[1], str(pair[0])),
    )
    shown = [pair for pair in ordered if pair[1] >= least]
    rest = sum(count for _, count in ordered[len(shown) :])
    while shown and 0 < rest < least:
        rest += shown.pop()[1]
    return dict(shown), rest
