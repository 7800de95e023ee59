"""How far the visits of each day have come: still coming, counted, moved to the archive.

A day is over for everybody only some minutes after its midnight: clocks of nodes differ a little,
and a visit may wait for the writer. What comes later still (a clock that was set back) is counted
if the day has not begun to move, and moved in any case.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Engine, delete, func, select, update

from consent_server import clock
from consent_server.periods import RetentionPeriod
from consent_server.storage.absent import insert_absent
from consent_server.storage.database import table_of
from consent_server.storage.writing.writer import Writer
from consent_server.visits.models import ArchivedCount, Visit, VisitDay

_GRACE: Final = timedelta(minutes=10)  # the longest wait for the writer takes one
_VISITS, _DAYS, _ARCHIVED = table_of(Visit), table_of(VisitDay), table_of(ArchivedCount)


@dataclass(frozen=True, slots=True)
class VisitDays:
    """The book of days; operating_days: how long visits stay in the main database."""

    engine: Engine
    writer: Writer
    period: RetentionPeriod
    operating_days: int

    def register(self, days: Iterable[date]) -> None:
        """Enters days that have visits, as far as they are over, and yesterday in any case."""
        over = self._over()
        new = {day for day in (*days, over) if day <= over}
        new -= self._column(select(_DAYS.c.day).where(_DAYS.c.day >= min(new)))
        ahead = self._column(select(_DAYS.c.day).where(_DAYS.c.day > over))
        if new or ahead:
            self.writer.run(lambda connection: _enter(connection, new, over))

    def search(self) -> None:
        """Enters whatever days lie in the main database; reads an index, or all (PostgreSQL).

        A day that moved already, and of which visits came later, moves once more.
        """
        found = self._column(select(_VISITS.c.day).distinct())
        self.register(found)
        late = self._column(
            select(_DAYS.c.day).where(_DAYS.c.day.in_(found), _DAYS.c.archived_at.is_not(None))
        )
        if late:
            reopened = update(_DAYS).where(_DAYS.c.day.in_(late)).values(archived_at=None)
            self.writer.run(lambda connection: connection.execute(reopened).rowcount)

    def uncounted(self) -> list[date]:
        """Returns the days that are over, not counted and not due to be gone, oldest first."""
        query = select(_DAYS.c.day).where(_DAYS.c.counted_at.is_(None), _DAYS.c.day <= self._over())
        today = self.period.day_of(clock.now())
        return sorted(day for day in self._column(query) if self.period.gone_on(day) > today)

    def to_move(self) -> list[date]:
        """Returns the counted days whose visits shall go to the archive now, oldest first."""
        last = self.period.day_of(clock.now()) - timedelta(days=self.operating_days)
        query = select(_DAYS.c.day).where(
            _DAYS.c.counted_at.is_not(None), _DAYS.c.archived_at.is_(None), _DAYS.c.day <= last
        )
        return sorted(self._column(query))

    def ends_of(self, day: date) -> list[datetime]:
        """Returns the instants at which visits of a day must be gone, as they stand in the rows.

        Several where zone or period was changed on that day or a clock was ahead.
        """
        query = select(_VISITS.c.gone_at).where(_VISITS.c.day == day).distinct()
        return sorted(self._column(query))

    def visits_of(self, day: date) -> int:
        """Returns how many visits of a day the main database holds."""
        query = select(func.count()).where(
            _VISITS.c.day == day, _VISITS.c.gone_at.in_(self.ends_of(day))
        )
        with self.engine.connect() as connection:
            return int(connection.execute(query).scalar_one())

    def has_begun_to_move(self, day: date) -> bool:
        """Tells whether visits of a day lie in the archive."""
        return bool(self._column(select(_ARCHIVED.c.site_id).where(_ARCHIVED.c.day == day)))

    def mark_moved(self, day: date) -> None:
        """Notes that no visit of a day is left in the main database."""
        moved = update(_DAYS).where(_DAYS.c.day == day).values(archived_at=clock.now())
        self.writer.run(lambda connection: connection.execute(moved).rowcount)

    def archived(self, site_id: int | None, since: datetime | None, until: datetime | None) -> int:
        """Returns how many visits of some days moved to the archive and are not due to be gone.

        Of whole days: `until` is left out, and of the days it falls into all are counted. Asks the
        main database alone. None means any.
        """
        query = select(_ARCHIVED.c.day, func.sum(_ARCHIVED.c.visits)).group_by(_ARCHIVED.c.day)
        if site_id is not None:
            query = query.where(_ARCHIVED.c.site_id == site_id)
        if since is not None:
            query = query.where(_ARCHIVED.c.day >= self.period.day_of(since))
        if until is not None:
            last = self.period.day_of(until - timedelta(microseconds=1))
            query = query.where(_ARCHIVED.c.day <= last)
        today = self.period.day_of(clock.now())
        with self.engine.connect() as connection:
            rows = connection.execute(query).all()
        return sum(int(count) for day, count in rows if self.period.gone_on(day) > today)

    def lags_seconds(self) -> dict[str, float]:
        """Returns how late the oldest day is that should be counted, and that should have moved."""
        return {
            "counting": self._late(self.uncounted(), timedelta(days=1) + _GRACE),
            "archiving": self._late(self.to_move(), timedelta(days=self.operating_days) + _GRACE),
        }

    def _late(self, days: list[date], after: timedelta) -> float:
        if not days:
            return 0.0
        due = datetime.combine(days[0], time.min, self.period.zone) + after
        return max(0.0, (clock.now() - due).total_seconds())

    def _over(self) -> date:
        """Returns the last day that is over."""
        return self.period.day_of(clock.now() - _GRACE) - timedelta(days=1)

    def _column(self, query: Any) -> set[Any]:
        with self.engine.connect() as connection:
            return set(connection.scalars(query))


def mark_counted(connection: Connection, day: date) -> None:
    """Notes that a day is counted, as part of the caller's transaction."""
    connection.execute(update(_DAYS).where(_DAYS.c.day == day).values(counted_at=clock.now()))


def add_archived(connection: Connection, day: date, visits: dict[int, int]) -> None:
    """Adds to how many visits of a day moved, by site, as part of the caller's transaction."""
    insert_absent(
        connection, _ARCHIVED, [{"day": day, "site_id": site, "visits": 0} for site in visits]
    )
    for site, count in sorted(visits.items()):
        connection.execute(
            update(_ARCHIVED)
            .where(_ARCHIVED.c.day == day, _ARCHIVED.c.site_id == site)
            .values(visits=_ARCHIVED.c.visits + count)
        )


def _enter(connection: Connection, days: Iterable[date], over: date) -> None:
    """Enters days and takes back those that a clock entered which was ahead."""
    connection.execute(delete(_DAYS).where(_DAYS.c.day > over))
    insert_absent(
        connection,
        _DAYS,
        [{"day": day, "counted_at": None, "archived_at": None} for day in sorted(days)],
    )
