"""From when to when the visits of a group were recorded, certain whatever clocks did. Pure."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final

from consent_server.periods import RetentionPeriod
from consent_server.storage.day_groups import DayGroup

_NOON: Final = time(12)
_DAY: Final = timedelta(hours=25)  # the longest there is
_SAME_END_DAYS: Final = 4  # 28 to 31 of a month, before a February


def span_of(group: DayGroup, period: RetentionPeriod) -> tuple[datetime, datetime]:
    """Returns from when to before when the visits of a group were recorded, whole days.

    Certain, whatever the clocks of nodes did: with the same end, all are of the same days. Where
    zone or period were others, a day is added around the first and the last of them.
    """
    day = period.day_of(group.first_at)
    days = [day + timedelta(days=number) for number in range(-_SAME_END_DAYS, _SAME_END_DAYS + 1)]
    days = [each for each in days if _end_of(each, period) == group.gone_at]
    if days:
        since = datetime.combine(days[0], time.min, period.zone)
        until = datetime.combine(days[-1] + timedelta(days=1), time.min, period.zone)
        if since <= group.first_at < until and since <= group.last_at < until:
            return since, until
    times = group.first_at, group.last_at
    return min(times) - _DAY, max(times) + _DAY


def _end_of(day: date, period: RetentionPeriod) -> datetime:
    return period.gone_at(datetime.combine(day, _NOON, period.zone))
