"""Reads what was decided: counts of the days, and the few records that are not counted yet.

Costs the same however many records there are. What came since the last count is read from the
records themselves, up to a bound; above it (the first minutes after an upgrade) the newest are left
out, and the numbers say so.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, func, select

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
_MOST_SINGLE_DAYS: Final = 92  # of a longer period each number is of a week
_WEEK: Final = 7
_TRIES: Final = 3  # a count that went on between two reads would show records twice


@dataclass(frozen=True, slots=True)
class Day:
    """One day, or the week that begins with it.

    answers: what people chose; others: answers that are too few to stand alone.
    """

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

    @property
    def is_by_week(self) -> bool:
        """Whether each of the days stands for the week that begins with it."""
        return len(self.days) > 1 and (self.days[1].day - self.days[0].day).days > 1


@dataclass(frozen=True, slots=True)
class DecisionReader:
    """Reads. day_of: the calendar day of an instant; least: what a number must be to be shown."""

    day_of: Callable[[datetime], date]
    least: int

    def of(self, sites: Sequence[int], first: date, last: date) -> Decisions:
        """Returns what was decided on some sites; call in an application context."""
        found, is_complete = self._counts(sites, first, last)
        days, few = self._days(found.days, first, last)
        actions, other_actions = pooled(found.sum(ACTION), self.least)
        answers = {
            kind: count
            for kind, count in found.kinds.items()
            if kind[0] == ACTION and kind[1] in ANSWERS
        }
        return Decisions(
            days=days,
            few=few,
            answered=sum(answers.values()),
            actions=actions,
            other_actions=other_actions,
            purposes=self._purposes(found),
            languages=self._groups(answers, 3),
            versions=self._groups(answers, 2),
            is_complete=is_complete,
        )

    def newest_day(self) -> date:
        """Returns the last day that can have numbers."""
        return self.day_of(clock.now())

    def _counts(self, sites: Sequence[int], first: date, last: date) -> tuple[_Counts, bool]:
        found, fresh, is_still = _Counts(), list[Any](), False
        with reading_engine().connect() as connection:
            for _ in range(_TRIES):
                before = _counted_up_to(connection)
                found = _stored(connection, sites, first, last)
                query = records_behind(before).limit(_MOST_UNCOUNTED + 1)
                fresh = list(connection.execute(query).all())
                is_still = _counted_up_to(connection) == before
                if is_still:
                    break
        records = (Record(*row[1:]) for row in fresh[:_MOST_UNCOUNTED])
        for key, count in tally(records, self.day_of).items():
            if key.site_id in sites and first <= key.day <= last:
                found.add(key, count)
        return found, is_still and len(fresh) <= _MOST_UNCOUNTED

    def _days(
        self, found: Mapping[tuple[date, str], int], first: date, last: date
    ) -> tuple[list[Day], int | None]:
        span = 1 if (last - first).days < _MOST_SINGLE_DAYS else _WEEK
        by_day: dict[date, Counter[str]] = {
            first + timedelta(days=number): Counter()
            for number in range(0, (last - first).days + 1, span)
        }
        for (day, action), count in found.items():
            by_day[day - timedelta(days=(day - first).days % span)][action] += count
        shown, few = pooled({day: each.total() for day, each in by_day.items()}, self.least)
        days = [
            Day(day, *pooled(each, self.least)) if day in shown else Day(day, {}, 0)
            for day, each in by_day.items()
        ]
        return days, None if 0 < few < self.least else few

    def _purposes(self, found: _Counts) -> dict[str, Split | None]:
        granted, refused = found.sum(GRANTED), found.sum(REFUSED)
        return {
            purpose: split(granted[purpose], refused[purpose], self.least)
            for purpose in sorted({*granted, *refused})
        }

    def _groups(self, answers: Mapping[_Kind, int], place: int) -> list[Group]:
        found: dict[str, Counter[str]] = defaultdict(Counter)
        for kind, count in answers.items():
            found[str(kind[place])][kind[1]] += count
        totals, rest = pooled({value: each.total() for value, each in found.items()}, self.least)
        groups = [Group(v, total, *pooled(found[v], self.least)) for v, total in totals.items()]
        return groups if rest < self.least else [*groups, Group("", rest, {}, rest)]


_Kind = tuple[str, str, int, str]  # what, value, version, language


@dataclass(frozen=True, slots=True)
class _Counts:
    """Sums over the sites. days: of answers, by day and action; kinds: of all, over all days."""

    days: Counter[tuple[date, str]] = field(default_factory=Counter)
    kinds: Counter[_Kind] = field(default_factory=Counter)

    def add(self, key: Key, count: int) -> None:
        """Adds what is not counted yet."""
        if key.what == ACTION and key.value in ANSWERS:
            self.days[key.day, key.value] += count
        self.kinds[key.what, key.value, key.policy_version, key.language] += count

    def sum(self, what: str) -> Counter[str]:
        """Returns the sums by action or purpose."""
        found: Counter[str] = Counter()
        for kind, count in self.kinds.items():
            if kind[0] == what:
                found[kind[1]] += count
        return found


def _counted_up_to(connection: Connection) -> int:
    return int(connection.execute(select(_PROGRESS.c.counted_id)).scalar_one_or_none() or 0)


def _stored(connection: Connection, sites: Sequence[int], first: date, last: date) -> _Counts:
    """Reads sums, not rows: a year of a site has some ten thousand."""
    c = _COUNTS.c
    chosen = c.site_id.in_(sites), c.day.between(first, last)
    are_answers = c.what == ACTION, c.value.in_(ANSWERS)
    by_day, by_kind = (c.day, c.value), (c.what, c.value, c.policy_version, c.language)
    days = select(*by_day, func.sum(c.records)).where(*chosen, *are_answers).group_by(*by_day)
    kinds = select(*by_kind, func.sum(c.records)).where(*chosen).group_by(*by_kind)
    return _Counts(
        Counter({(row[0], row[1]): int(row[-1]) for row in connection.execute(days)}),
        Counter({(*row[:-1],): int(row[-1]) for row in connection.execute(kinds)}),
    )
