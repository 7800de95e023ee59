"""Reads what was decided: counts of the days, and the few records that are not counted yet.

Costs the same however many records there are. What came since the last count is read from the
records themselves, up to a bound; above it (the first minutes after an upgrade) the newest are left
out, and the numbers say so.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, select

from consent_server import clock
from consent_server.statistics.decision_counting import records_behind
from consent_server.statistics.decision_rules import (
    ACTION,
    ANSWERS,
    GRANTED,
    REFUSED,
    Key,
    Record,
    Split,
    pooled,
    split,
    tally,
)
from consent_server.statistics.models import DecisionCount, DecisionProgress
from consent_server.storage.database import table_of
from consent_server.storage.replica import reading_engine

_COUNTS, _PROGRESS = table_of(DecisionCount), table_of(DecisionProgress)
_MOST_UNCOUNTED: Final = 5000  # records: two minutes of 40 decisions a second; 25 ms to read
_TRIES: Final = 3  # a count that went on between two reads would show records twice


@dataclass(frozen=True, slots=True)
class Day:
    """One day. answers: what people chose; others: answers that are too few to stand alone."""

    day: date
    answers: Mapping[str, int]
    others: int

    @property
    def total(self) -> int:
        """All answers of the day; 0 where they are too few to be shown."""
        return sum(self.answers.values()) + self.others


@dataclass(frozen=True, slots=True)
class Group:
    """What was answered under one value, such as a language. total: all answers."""

    value: str
    total: int
    answers: Mapping[str, int]
    others: int


@dataclass(frozen=True, slots=True)
class Decisions:
    """What was decided from one day to another. answered: by people, when they were asked.

    actions: all that may be shown, answers and others. few: answers of days that are too few to
    show; None when even together they are. is_complete: whether the newest records are in it.
    """

    days: list[Day] = field(default_factory=list)
    few: int | None = 0
    answered: int = 0
    actions: Mapping[str, int] = field(default_factory=dict)
    other_actions: int = 0
    purposes: Mapping[str, Split | None] = field(default_factory=dict)
    languages: Sequence[Group] = ()
    versions: Sequence[Group] = ()
    is_complete: bool = True


@dataclass(frozen=True, slots=True)
class DecisionReader:
    """Reads. day_of: the calendar day of an instant; least: what a number must be to be shown."""

    day_of: Callable[[datetime], date]
    least: int

    def of(self, sites: Sequence[int], first: date, last: date) -> Decisions:
        """Returns what was decided on some sites; call in an application context."""
        counts, is_complete = self._counts(sites, first, last)
        answers = [key for key in counts if key.what == ACTION and key.value in ANSWERS]
        days, few = self._days(counts, answers, first, last)
        actions, other_actions = pooled(_sum(counts, "value", ACTION), self.least)
        return Decisions(
            days=days,
            few=few,
            answered=sum(counts[key] for key in answers),
            actions=actions,
            other_actions=other_actions,
            purposes=self._purposes(counts),
            languages=self._groups(counts, answers, "language"),
            versions=self._groups(counts, answers, "policy_version"),
            is_complete=is_complete,
        )

    def today(self) -> date:
        """Returns the last day that can have numbers."""
        return self.day_of(clock.now())

    def _counts(
        self, sites: Sequence[int], first: date, last: date
    ) -> tuple[Mapping[Key, int], bool]:
        counts: Counter[Key] = Counter()
        fresh: list[Any] = []
        is_still = False
        with reading_engine().connect() as connection:
            for _ in range(_TRIES):
                before = _counted_up_to(connection)
                counts = _stored(connection, sites, first, last)
                fresh = list(
                    connection.execute(records_behind(before).limit(_MOST_UNCOUNTED + 1)).all()
                )
                is_still = _counted_up_to(connection) == before
                if is_still:
                    break
        is_complete = is_still and len(fresh) <= _MOST_UNCOUNTED
        records = (Record(*row[1:]) for row in fresh[:_MOST_UNCOUNTED])
        for key, count in tally(records, self.day_of).items():
            if key.site_id in sites and first <= key.day <= last:
                counts[key] += count
        return counts, is_complete

    def _days(
        self, counts: Mapping[Key, int], answers: Iterable[Key], first: date, last: date
    ) -> tuple[list[Day], int | None]:
        by_day: dict[date, Counter[str]] = defaultdict(Counter)
        for key in answers:
            by_day[key.day][key.value] += counts[key]
        shown, few = pooled({day: found.total() for day, found in by_day.items()}, self.least)
        span = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        days = [
            Day(day, *pooled(by_day[day], self.least)) if day in shown else Day(day, {}, 0)
            for day in span
        ]
        return days, None if 0 < few < self.least else few

    def _purposes(self, counts: Mapping[Key, int]) -> dict[str, Split | None]:
        granted, refused = (_sum(counts, "value", what) for what in (GRANTED, REFUSED))
        return {
            purpose: split(granted[purpose], refused[purpose], self.least)
            for purpose in sorted({*granted, *refused})
        }

    def _groups(self, counts: Mapping[Key, int], answers: Iterable[Key], name: str) -> list[Group]:
        found: dict[str, Counter[str]] = defaultdict(Counter)
        for key in answers:
            found[str(getattr(key, name))][key.value] += counts[key]
        totals, rest = pooled({value: each.total() for value, each in found.items()}, self.least)
        groups = [Group(v, total, *pooled(found[v], self.least)) for v, total in totals.items()]
        return groups if rest < self.least else [*groups, Group("", rest, {}, rest)]


def _counted_up_to(connection: Connection) -> int:
    return int(connection.execute(select(_PROGRESS.c.counted_id)).scalar_one_or_none() or 0)


def _stored(connection: Connection, sites: Sequence[int], first: date, last: date) -> Counter[Key]:
    columns = [_COUNTS.c[name] for name in Key._fields]
    query = select(*columns, _COUNTS.c.records).where(
        _COUNTS.c.site_id.in_(sites), _COUNTS.c.day.between(first, last)
    )
    return Counter({Key(*row[:-1]): row[-1] for row in connection.execute(query)})


def _sum(counts: Mapping[Key, int], name: str, what: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for key, count in counts.items():
        if key.what == what:
            found[getattr(key, name)] += count
    return found
