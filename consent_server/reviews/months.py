"""Calendar months in the zone of the law, and by when each must be reviewed. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

_MONTH: Final = "%Y-%m"


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month. first: its first day."""

    first: date

    @classmethod
    def of(cls, instant: datetime, zone: ZoneInfo) -> Month:
        """Returns the month in which an instant falls."""
        return cls(instant.astimezone(zone).date().replace(day=1))

    @classmethod
    def named(cls, text: str) -> Month:
        """Returns the month of a text like 2026-10. Raises ValueError."""
        month = cls(datetime.strptime(text, _MONTH).replace(tzinfo=UTC).date())
        if str(month) != text or not 1970 <= month.first.year <= 9000:
            raise ValueError("not a month")
        return month

    def __str__(self) -> str:
        return self.first.strftime(_MONTH)

    @property
    def next(self) -> Month:
        """The month after."""
        return Month((self.first + timedelta(days=31)).replace(day=1))

    @property
    def last(self) -> date:
        """Its last day."""
        return self.next.first - timedelta(days=1)

    def begins_at(self, zone: ZoneInfo) -> datetime:
        """Returns its first instant, aware, UTC."""
        return datetime.combine(self.first, time.min, zone).astimezone(UTC)

    def ends_at(self, zone: ZoneInfo) -> datetime:
        """Returns the first instant after it, aware, UTC."""
        return self.next.begins_at(zone)

    def due_on(self, days: int) -> date:
        """Returns the last day on which its review is in time. days: after its last day."""
        return self.last + timedelta(days=days)
