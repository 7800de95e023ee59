"""The calendar rule, against the vectors of the law and an independent formulation."""

from __future__ import annotations

import calendar
import json
import os
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent_server.periods import RetentionPeriod

VECTORS = json.loads((Path(__file__).parent / "vectors" / "retention.json").read_text())
SEOUL = ZoneInfo("Asia/Seoul")
THREE_MONTHS = RetentionPeriod(months=3, zone=SEOUL)
CASES = [{"months": 3, **vector} for vector in VECTORS["vectors"]] + VECTORS["twelve_months"]


@pytest.fixture(params=["UTC", "Asia/Seoul", "America/Los_Angeles"])
def server_zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setitem(os.environ, "TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
@pytest.mark.usefixtures("server_zone")
def test_every_vector_ends_at_its_instant_in_any_server_zone(case: dict[str, Any]) -> None:
    period = RetentionPeriod(months=case["months"], zone=SEOUL)

    gone_at = period.gone_at(datetime.fromisoformat(case["recorded_at"]))

    assert gone_at == datetime.fromisoformat(case["gone_at"])
    assert gone_at.tzinfo is UTC


def independent_last_day(day: date, months: int) -> date:
    """Civil Act art. 160 read literally: the last day of the period, not the first after it."""
    start = day + timedelta(days=1)
    year, month = start.year, start.month
    for _ in range(months):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    days_in_month = calendar.monthrange(year, month)[1]
    if start.day > days_in_month:  # 160(3): that month's last day
        return date(year, month, days_in_month)
    return date(year, month, start.day) - timedelta(days=1)  # 160(2): the day before


def test_every_day_of_2020_to_2035_ends_the_day_after_the_last_day_of_the_civil_act() -> None:
    day = date(2020, 1, 1)
    while day <= date(2035, 12, 31):
        for months in (1, 3, 12):
            period = RetentionPeriod(months=months, zone=SEOUL)
            last_day = independent_last_day(day, months)
            assert period.gone_on(day) == last_day + timedelta(days=1), (day, months)
        day += timedelta(days=1)


@settings(deadline=None)
@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2035, 12, 31), timezones=st.timezones()),  # noqa: DTZ001
    st.integers(1, 60),
)
def test_any_instant_is_kept_for_its_whole_months_and_gone_the_day_after(
    instant: datetime, months: int
) -> None:
    period = RetentionPeriod(months=months, zone=SEOUL)

    gone_at = period.gone_at(instant)

    local_day = instant.astimezone(SEOUL).date()
    assert gone_at.astimezone(SEOUL).date() == independent_last_day(local_day, months) + timedelta(
        days=1
    )
    assert gone_at.astimezone(SEOUL).timetz().replace(tzinfo=None) == datetime.min.time()


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2035, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
    st.timedeltas(timedelta(0), timedelta(days=40)),
)
def test_a_later_record_is_never_destroyed_before_an_earlier_one(
    instant: datetime, later: timedelta
) -> None:
    assert THREE_MONTHS.gone_at(instant) <= THREE_MONTHS.gone_at(instant + later)


INSTANTS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


@given(INSTANTS, INSTANTS, st.sampled_from([1, 3, 12, 36, 84, 120]))
def test_what_was_recorded_before_the_limit_is_over_and_nothing_else(
    instant: datetime, now: datetime, months: int
) -> None:
    period = RetentionPeriod(months=months, zone=SEOUL)
    limit = period.over_before(now)

    assert (instant < limit) == (period.gone_at(instant) <= now)
    assert period.gone_at(limit - timedelta(microseconds=1)) <= now < period.gone_at(limit)


def test_all_records_of_one_day_in_the_zone_share_their_last_instant() -> None:
    first = datetime(2026, 1, 15, 0, 0, tzinfo=SEOUL)
    last = datetime(2026, 1, 15, 23, 59, 59, 999999, tzinfo=SEOUL)

    assert THREE_MONTHS.gone_at(first) == THREE_MONTHS.gone_at(last)
    assert THREE_MONTHS.day_of(first) == THREE_MONTHS.day_of(last) == date(2026, 1, 15)


def test_a_zone_whose_midnight_is_skipped_still_has_a_last_instant() -> None:
    period = RetentionPeriod(months=3, zone=ZoneInfo("America/Santiago"))

    gone_at = period.gone_at(datetime(2026, 6, 5, 12, tzinfo=UTC))

    assert gone_at == datetime(2026, 9, 6, 4, tzinfo=UTC)
