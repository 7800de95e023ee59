"""Reads the statistics as they may be shown: suppressed day by day, longer periods as sums."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final, Literal

from sqlalchemy import Row, func, select

from consent_server import clock
from consent_server.periods import RetentionPeriod
from consent_server.statistics.models import VisitCount
from consent_server.statistics.rules import (
    ASKED,
    DIMENSIONS,
    LEAST_VISITORS,
    ROBOTS,
    TOTAL,
    UNREADABLE,
    Cell,
    shown,
)
from consent_server.storage.database import table_of
from consent_server.storage.replica import reading_engine
from consent_server.visits.models import VisitDay

_COUNTS, _DAYS = table_of(VisitCount), table_of(VisitDay)

_NOON: Final = time(12)
_OF_ALL: Final = (TOTAL, ROBOTS, ASKED, UNREADABLE)
_WEEK: Final = 7

State = Literal["counted", "few", "incomplete", "waiting", "destroyed", "none"]


@dataclass(frozen=True, slots=True)
class DayNumbers:
    """One site and day.

    state: counted; few = too few visitors to show; incomplete = some visits could not be read, and
    are not in the numbers; waiting = not over, or not counted yet; destroyed = before anybody
    counted; none = no visit came. asked: visitors who came without a decision. Numbers are None
    where there are none to show.
    """

    day: date
    state: State
    visits: int | None = None
    visitors: int | None = None
    robots: int | None = None
    asked: int | None = None
    unreadable: int = 0
    values: dict[str, tuple[list[Cell], Cell | None]] | None = None

    @property
    def is_shown(self) -> bool:
        """Whether its numbers are part of sums."""
        return self.visits is not None


@dataclass(frozen=True, slots=True)
class Numbers:
    """Some days of one site. sums: by dimension, what is shown of the days, and all the rest."""

    days: list[DayNumbers]
    visits: int
    robots: int
    daily_visitors: int
    sums: dict[str, tuple[list[Cell], int]]

    @property
    def left_out(self) -> list[DayNumbers]:
        """The days that are not part of the sums, though something happened or may have."""
        return [day for day in self.days if not day.is_shown and day.state != "none"]


@dataclass(frozen=True, slots=True)
class Going:
    """Visits of a day. gone_at: first instant without them; visits: None if few or not counted."""

    day: date
    gone_at: datetime
    visits: int | None


@dataclass(frozen=True, slots=True)
class Statistics:
    """Reads; least: of how many visitors a number must be."""

    period: RetentionPeriod
    least: int

    def of(self, site_id: int, first: date, last: date) -> Numbers:
        """Returns the numbers of a site from the first day to the last; call in an app context."""
        query = select(_COUNTS).where(
            _COUNTS.c.site_id == site_id, _COUNTS.c.day.between(first, last)
        )
        with reading_engine().connect() as connection:
            rows: dict[date, list[Row[Any]]] = defaultdict(list)
            for row in connection.execute(query):
                rows[row.day].append(row)
            counted = dict(connection.execute(select(_DAYS.c.day, _DAYS.c.counted_at)).all())
        span = (first + timedelta(days=n) for n in range((last - first).days + 1))
        days = [self._day(day, rows.get(day, []), counted) for day in span]
        return _summed(days, {dimension: _sum_of(days, dimension) for dimension in DIMENSIONS})

    def summed(self, site_id: int, first: date, last: date) -> Numbers:
        """Returns the same numbers without the values of single days, which costs far less.

        What is stored of a value is at least LEAST_VISITORS, and so is the rest beside it; so as
        long as no more is wanted, nothing of it is hidden, and the database adds up.
        """
        if self.least > LEAST_VISITORS:
            return self.of(site_id, first, last)
        chosen = _COUNTS.c.site_id == site_id, _COUNTS.c.day.between(first, last)
        span = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        of_days = select(_COUNTS).where(  # each day named, so that none is read as a whole
            _COUNTS.c.site_id == site_id, _COUNTS.c.day.in_(span), _COUNTS.c.dimension.in_(_OF_ALL)
        )
        with reading_engine().connect() as connection:
            rows: dict[date, list[Row[Any]]] = defaultdict(list)
            for row in connection.execute(of_days):
                rows[row.day].append(row)
            counted = dict(connection.execute(select(_DAYS.c.day, _DAYS.c.counted_at)).all())
            days = [self._day(day, rows.get(day, []), counted) for day in span]
            hidden = [day.day for day in days if rows.get(day.day) and not day.is_shown]
            by_value = _COUNTS.c.dimension, _COUNTS.c.value
            sums = (
                select(*by_value, func.sum(_COUNTS.c.visits), func.sum(_COUNTS.c.visitors))
                .where(*chosen, _COUNTS.c.dimension.in_(DIMENSIONS), ~_COUNTS.c.is_rest)
                .group_by(*by_value)
            )
            if hidden:
                sums = sums.where(_COUNTS.c.day.not_in(hidden))
            cells: dict[str, list[Cell]] = {dimension: [] for dimension in DIMENSIONS}
            for dimension, value, visits, visitors in connection.execute(sums):
                cells[dimension].append(Cell(value, int(visits), int(visitors)))
        visits = sum(day.visits or 0 for day in days)
        return _summed(
            days,
            {
                dimension: (_in_order(found), visits - sum(cell.visits for cell in found))
                for dimension, found in cells.items()
            },
        )

    def next_to_go(self, sites: Sequence[int], days: Iterable[date]) -> list[Going]:
        """Returns what becomes of some days whose visits exist; call in an application context."""
        wanted = list(days)
        query = (
            select(_COUNTS.c.day, func.sum(_COUNTS.c.visits))
            .where(_COUNTS.c.site_id.in_(sites), _COUNTS.c.day.in_(wanted))
            .where(_COUNTS.c.dimension.in_([TOTAL, ROBOTS, UNREADABLE]))
            .group_by(_COUNTS.c.day)
        )
        with reading_engine().connect() as connection:
            visits = {day: int(count) for day, count in connection.execute(query)}
        return [Going(day, self._end_of(day), self._if_many(visits.get(day, 0))) for day in wanted]

    def _if_many(self, count: int) -> int | None:
        return count if count >= self.least else None

    def _end_of(self, day: date) -> datetime:
        return self.period.gone_at(datetime.combine(day, _NOON, self.period.zone))

    def yesterday(self) -> date:
        """Returns the last day that can have numbers."""
        return self.period.day_of(clock.now()) - timedelta(days=1)

    def _day(self, day: date, rows: list[Row[Any]], counted: dict[date, Any]) -> DayNumbers:
        if counted.get(day) is None:
            return DayNumbers(day, self._state_of_uncounted(day, counted))
        if not rows:
            return DayNumbers(day, "none")
        found = {row.dimension: row for row in rows if row.dimension not in DIMENSIONS}
        unreadable = found[UNREADABLE].visits if UNREADABLE in found else 0
        robots = found[ROBOTS].visits if ROBOTS in found else 0
        visits, visitors = (
            (found[TOTAL].visits, found[TOTAL].visitors) if TOTAL in found else (0, 0)
        )
        if 0 < visitors < self.least or (unreadable and not visits):
            state: State = "incomplete" if unreadable else "few"
            return DayNumbers(day, state, unreadable=unreadable)
        return DayNumbers(
            day,
            "incomplete" if unreadable else "counted",
            visits=visits,
            visitors=visitors,
            robots=robots,
            asked=self._asked(found, visitors),
            unreadable=unreadable,
            values=self._values(rows) if len(rows) > len(found) else {},
        )

    def _values(self, rows: list[Row[Any]]) -> dict[str, tuple[list[Cell], Cell | None]]:
        return {dimension: self._shown(rows, dimension) for dimension in DIMENSIONS}

    def _asked(self, found: dict[str, Row[Any]], visitors: int) -> int | None:
        """Returns who met the banner, unless they or all others are a few."""
        asked = int(found[ASKED].visitors) if ASKED in found else 0
        are_few = asked < self.least or 0 < visitors - asked < self.least
        return None if are_few else asked

    def _state_of_uncounted(self, day: date, counted: dict[date, Any]) -> State:
        if day in counted:
            today = self.period.day_of(clock.now())
            return "destroyed" if self.period.gone_on(day) <= today else "waiting"
        return "none" if day < max(counted, default=day) else "waiting"

    def _shown(self, rows: list[Row[Any]], dimension: str) -> tuple[list[Cell], Cell | None]:
        own = [row for row in rows if row.dimension == dimension]
        cells = [Cell(row.value, row.visits, row.visitors) for row in own if not row.is_rest]
        rest = [Cell("", row.visits, row.visitors) for row in own if row.is_rest]
        return shown(cells, rest[0] if rest else None, self.least)


def weeks_of(days: list[DayNumbers]) -> list[DayNumbers]:
    """Returns sums of seven days each, under the first of them; of what is shown."""
    return [_week(days[begin : begin + _WEEK]) for begin in range(0, len(days), _WEEK)]


def _week(days: list[DayNumbers]) -> DayNumbers:
    counted = [day for day in days if day.is_shown]
    unreadable = sum(day.unreadable for day in days)
    if not counted:
        other = next((day.state for day in days if day.state != "none"), days[0].state)
        return DayNumbers(days[0].day, other, unreadable=unreadable)
    return DayNumbers(
        days[0].day,
        "incomplete" if unreadable else "counted",
        visits=sum(day.visits or 0 for day in counted),
        visitors=sum(day.visitors or 0 for day in counted),
        robots=sum(day.robots or 0 for day in counted),
        unreadable=unreadable,
    )


def _summed(days: list[DayNumbers], sums: dict[str, tuple[list[Cell], int]]) -> Numbers:
    counted = [day for day in days if day.is_shown]
    return Numbers(
        days=days,
        visits=sum(day.visits or 0 for day in counted),
        robots=sum(day.robots or 0 for day in counted),
        daily_visitors=sum(day.visitors or 0 for day in counted),
        sums=sums,
    )


def _sum_of(days: Iterable[DayNumbers], dimension: str) -> tuple[list[Cell], int]:
    visits: dict[str, int] = defaultdict(int)
    visitors: dict[str, int] = defaultdict(int)
    others = 0
    for day in days:
        cells, _rest = (day.values or {}).get(dimension, ([], None))
        for cell in cells:
            visits[cell.value] += cell.visits
            visitors[cell.value] += cell.visitors or 0
        others += (day.visits or 0) - sum(cell.visits for cell in cells)
    return _in_order(Cell(value, count, visitors[value]) for value, count in visits.items()), others


def _in_order(cells: Iterable[Cell]) -> list[Cell]:
    return sorted(cells, key=lambda cell: (-cell.visits, cell.value))
