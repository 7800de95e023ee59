"""When an export is due, and of which days; what may be written where."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from consent_server.errors import CommandError
from consent_server.reports.rules import (
    Every,
    Place,
    check_target,
    check_window,
    due_at,
    next_end,
    period_before,
    retry_after,
)


@pytest.mark.parametrize(
    ("every", "day", "since", "until", "following"),
    [
        ("day", date(2026, 3, 1), date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 2)),
        ("week", date(2026, 3, 2), date(2026, 2, 23), date(2026, 3, 2), date(2026, 3, 9)),
        ("week", date(2026, 3, 8), date(2026, 2, 23), date(2026, 3, 2), date(2026, 3, 9)),
        ("month", date(2026, 1, 1), date(2025, 12, 1), date(2026, 1, 1), date(2026, 2, 1)),
        ("month", date(2028, 2, 29), date(2028, 1, 1), date(2028, 2, 1), date(2028, 3, 1)),
    ],
)
def test_a_period_is_exported_once_it_is_over(
    every: Every, day: date, since: date, until: date, following: date
) -> None:
    assert period_before(every, day) == (since, until)
    assert next_end(every, day) == following


def test_a_period_is_due_a_quarter_of_an_hour_after_its_midnight_in_the_zone() -> None:
    assert due_at(date(2026, 3, 1), ZoneInfo("Asia/Seoul")) == datetime(
        2026, 2, 28, 15, 15, tzinfo=UTC
    )


def test_each_retry_waits_twice_as_long_up_to_six_hours() -> None:
    waits = [retry_after(attempts) for attempts in range(1, 12)]

    assert waits[:4] == [timedelta(minutes=n) for n in (1, 2, 4, 8)]
    assert waits[-1] == timedelta(hours=6)


@pytest.mark.parametrize(
    ("place", "target"),
    [
        ("folder", "../keys"), ("folder", "a/../b"), ("folder", ".ssh"), ("folder", ""),
        ("folder", "a//b"), ("folder", "a\\b"), ("folder", "a" * 301),
        ("bucket", "Upper"), ("bucket", "ab"), ("bucket", "bucket/../x"), ("bucket", "s3://bucket"),
    ],
)  # fmt: skip
def test_a_target_that_leads_elsewhere_is_refused(place: Place, target: str) -> None:
    with pytest.raises(CommandError):
        check_target(place, target)


def test_a_target_is_kept_without_slashes_around_it() -> None:
    assert check_target("folder", " /shop/daily/ ") == "shop/daily"
    assert check_target("bucket", "my-bucket/consents") == "my-bucket/consents"


@pytest.mark.parametrize(
    ("kind", "every", "days", "may"),
    [
        ("visits", "day", 7, True),
        ("visits", "week", 7, False),
        ("visits", "week", 8, True),
        ("visits", "month", 31, False),
        ("consents", "month", 7, True),
    ],
)
def test_visits_are_scheduled_only_while_they_are_still_there(
    kind: str, every: Every, days: int, may: bool
) -> None:
    if may:
        check_window(kind, every, days)
        return
    with pytest.raises(CommandError, match="export them every day"):
        check_window(kind, every, days)
