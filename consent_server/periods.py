"""The legal calendar: when a retention period ends.

A record made on day D (in the zone of the law) is kept for N whole months counted from the day
after it, S = D + 1 (Civil Act art. 157, first day not counted). The period ends with the day
before the corresponding day of the last month (art. 160(2)); when that month has no such day,
with its last day (art. 160(3)). So the first instant at which the record must be gone is 00:00
on G = S + N months, or on the first of the following month when that date does not exist.

Never clamps, never counts days, never looks at the server's own zone: "90 days", PostgreSQL
intervals and SQLite's date modifiers are each wrong on some days of the year.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class RetentionPeriod:
    """How long a class of records is kept: whole months, counted in the zone of the law."""

    months: int
    zone: ZoneInfo

    def day_of(self, instant: datetime) -> date:
        """Returns the calendar day on which an aware instant falls in the zone."""
        return instant.astimezone(self.zone).date()

    def gone_on(self, day: date) -> date:
        """Returns the first day on which a record of `day` must no longer exist."""
        return _add_months(day + timedelta(days=1), self.months)

    def gone_at(self, instant: datetime) -> datetime:
        """Returns the first instant (aware, UTC) at which the record must no longer exist."""
        return _midnight(self.gone_on(self.day_of(instant)), self.zone)

    def over_before(self, now: datetime) -> datetime:
        """Returns the instant (aware, UTC) before which every record is over at `now`.

        What was recorded at it or later is not: `instant < over_before(now)` says the same as
        `gone_at(instant) <= now`, once for all records of a class.
        """
        today = self.day_of(now)
        day = _add_months(today, -self.months)  # never earlier than the last day that is over
        while self.gone_on(day) > today:
            day -= timedelta(days=1)
        return _midnight(day + timedelta(days=1), self.zone)


@lru_cache(maxsize=16)  # every visit of a day asks for the same one
def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def _add_months(day: date, months: int) -> date:
    year, month_index = divmod(day.year * 12 + day.month - 1 + months, 12)
    try:
        return date(year, month_index + 1, day.day)
    except ValueError:  # art. 160(3): that month has no such day
        year, month_index = divmod(day.year * 12 + day.month + months, 12)
        return date(year, month_index + 1, 1)
