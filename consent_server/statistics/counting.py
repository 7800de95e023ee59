"""Counts the visits of the days that are over: once, from the decrypted payloads, beside visitors.

A visit that comes after its day was counted is counted too, as long as the day has not begun to
move to the archive (see visits.days).
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import func, select

from consent_server.pace import Pace
from consent_server.statistics.models import VisitCount
from consent_server.statistics.one_day import DayCount, GoOn, Means
from consent_server.statistics.rules import ROBOTS, TOTAL, UNREADABLE
from consent_server.storage.database import table_of

_COUNTS = table_of(VisitCount)


class DayCounter(Means):
    """Makes the statistics of the days that are over."""

    def run(self, go_on: GoOn, share: float = 1.0) -> list[date]:
        """Counts what is to be counted, oldest day first; returns the days that were.

        go_on: asked between pages; once it says no, the day in hand is left to the next run.
        share: of one interpreter, when others want it too (see pace).
        """
        self.days.register(self.ring.days())
        counted = []
        for day in [*self._come_late(), *self.days.uncounted()]:
            if not DayCount(self, day, go_on, Pace(share)).finish():
                break
            counted.append(day)
        return counted

    def _come_late(self) -> list[date]:
        """Returns the days about to move of which visits came after they had been counted."""
        return [
            day
            for day in self.days.to_move()
            if not self.days.has_begun_to_move(day) and self.days.visits_of(day) > self._known(day)
        ]

    def _known(self, day: date) -> int:
        query = select(func.coalesce(func.sum(_COUNTS.c.visits), 0)).where(
            _COUNTS.c.day == day, _COUNTS.c.dimension.in_([TOTAL, ROBOTS, UNREADABLE])
        )
        with self.engine.connect() as connection:
            return int(connection.execute(query).scalar_one())
