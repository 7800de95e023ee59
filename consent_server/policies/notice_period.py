"""How long before its day a changed notice must be announced. Pure.

The founding policy promises seven days (L250) and its own dates, announced 2017-10-17 and in force
2017-10-24, count the day of the announcement. Who counts clear days (Civil Act art. 157: the first
day is not counted) sets eight. Days are those of the zone of the law, and a version begins at its
first instant.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from consent_server.config import Settings
from consent_server.errors import N_, CommandError


@dataclass(frozen=True, slots=True)
class NoticePeriod:
    """days: the least difference between the two dates. zone: of the law."""

    days: int
    zone: ZoneInfo

    @classmethod
    def of(cls, settings: Settings) -> NoticePeriod:
        """Returns the one that a deployment promises."""
        return cls(settings.policy_notice_days, ZoneInfo(settings.zone))

    def day_of(self, instant: datetime) -> date:
        """Returns the calendar day of an instant."""
        return instant.astimezone(self.zone).date()

    def begins_at(self, day: date) -> datetime:
        """Returns the first instant of a day, in UTC."""
        return datetime.combine(day, time.min, self.zone).astimezone(UTC)

    def earliest(self, announced_on: date) -> date:
        """Returns the first day on which what is announced then may be in force."""
        return announced_on + timedelta(days=self.days)

    def check(self, announced_on: date, effective_on: date) -> None:
        """Raises CommandError, naming the first day possible, when the gap is too short."""
        if effective_on < self.earliest(announced_on):
            raise CommandError(
                N_(
                    "%(day)s is less than %(days)s days after the announcement on "
                    "%(announced)s; %(first)s is the first day possible."
                ),
                day=effective_on,
                days=self.days,
                announced=announced_on,
                first=self.earliest(announced_on),
            )
