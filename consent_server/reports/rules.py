"""When an export is due, which period it covers, when a failed one is tried again. Pure.

Periods are calendar days, weeks from Monday, and months, in the zone of the law. One is exported
when it is over for everybody: a quarter of an hour after its midnight (visits.days).
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Final, Literal, get_args
from zoneinfo import ZoneInfo

from consent_server.errors import N_, CommandError

Every = Literal["day", "week", "month"]
EVERY: Final[tuple[Every, ...]] = get_args(Every)
Place = Literal["folder", "bucket"]
PLACES: Final[tuple[Place, ...]] = get_args(Place)
TARGET_CHARACTERS: Final = 300

MOST_ATTEMPTS: Final = 8  # of a scheduled export: the last one four hours after the first
_GRACE: Final = timedelta(minutes=15)
_FIRST_RETRY: Final = timedelta(minutes=1)
_LONGEST_RETRY: Final = timedelta(hours=6)
_LONGEST_DAYS: Final[dict[Every, int]] = {"day": 1, "week": 7, "month": 31}
_TARGETS: Final[dict[Place, re.Pattern[str]]] = {
    "folder": re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*"),
    "bucket": re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9_-][A-Za-z0-9._-]*)*"),
}


def period_before(every: Every, day: date) -> tuple[date, date]:
    """Returns the last whole period that is over on a day: its first day, and the one after it."""
    if every == "day":
        return day - timedelta(days=1), day
    if every == "week":
        end = day - timedelta(days=day.weekday())
        return end - timedelta(days=7), end
    end = day.replace(day=1)
    return (end - timedelta(days=1)).replace(day=1), end


def next_end(every: Every, day: date) -> date:
    """Returns the day after a day on which the next period is over."""
    if every == "day":
        return day + timedelta(days=1)
    if every == "week":
        return day + timedelta(days=7 - day.weekday())
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)


def due_at(end: date, zone: ZoneInfo) -> datetime:
    """Returns when a period may be exported that ends at the midnight before a day."""
    return midnight(end, zone) + _GRACE


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Returns the first instant of a day."""
    return datetime.combine(day, time.min, zone)


def retry_after(attempts: int) -> timedelta:
    """Returns how long to wait after so many attempts: twice as long each time."""
    return min(_FIRST_RETRY * (1 << attempts - 1), _LONGEST_RETRY)


def check_window(kind: str, every: Every, operating_days: int) -> None:
    """Raises CommandError when visits of such a period would be in the archive by its end."""
    if kind == "visits" and _LONGEST_DAYS[every] >= operating_days:
        raise CommandError(
            N_(
                "Visits move to the archive after %(days)s days, before the period is over; export "
                "them every day."
            ),
            days=operating_days,
        )


def check_target(place: Place, target: str) -> str:
    """Returns where files go. Raises CommandError when it is no place as they are written."""
    target = target.strip().strip("/")
    if len(target) > TARGET_CHARACTERS or not _TARGETS[place].fullmatch(target):
        raise CommandError(
            N_("Name a folder below that of the scheduled exports, such as shop/daily.")
            if place == "folder"
            else N_("Name a bucket, and a prefix if you like, such as my-bucket/consents.")
        )
    return target
