"""From when to when a day's visits are: certain, also at the end of a month and after a move."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from consent_server import clock
from consent_server.periods import RetentionPeriod
from consent_server.storage.day_groups import DayGroup
from consent_server.visits.day_spans import span_of
from consent_server.visits.services import VisitFilter
from support.shop import Shop

SEOUL = ZoneInfo("Asia/Seoul")
THREE_MONTHS = RetentionPeriod(3, SEOUL)


def seoul(month: int, day: int, hour: int = 0) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=SEOUL)


def group(first_at: datetime, last_at: datetime, period: RetentionPeriod) -> DayGroup:
    return DayGroup(period.gone_at(first_at), 1, 9, first_at, last_at)


def test_a_group_is_of_its_calendar_day() -> None:
    found = span_of(group(seoul(6, 10, 9), seoul(6, 10, 17), THREE_MONTHS), THREE_MONTHS)

    assert found == (seoul(6, 10), seoul(6, 11))


def test_days_that_end_at_one_instant_are_one_group() -> None:
    # 30 August would end on 31 November: both it and 31 August are kept until 1 December
    found = span_of(group(seoul(8, 30, 9), seoul(8, 30, 17), THREE_MONTHS), THREE_MONTHS)

    assert found == (seoul(8, 30), seoul(9, 1))


def test_after_a_change_of_zone_a_day_is_added_around() -> None:
    before = RetentionPeriod(3, ZoneInfo("America/New_York"))
    first, last = seoul(6, 10, 20), seoul(6, 11, 8)

    since, until = span_of(group(first, last, before), THREE_MONTHS)

    assert since <= first - timedelta(days=1)
    assert until >= last + timedelta(days=1)


@pytest.fixture
def on(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """Three visits on each of four days; returns when the first of each day came."""
    noons = [seoul(6, day, 12) for day in range(10, 14)]
    for noon in noons:
        for minutes in range(3):
            instant = noon + timedelta(minutes=minutes)
            monkeypatch.setattr(clock, "now", lambda instant=instant: instant.astimezone(UTC))
            assert shop.send_visit(shop.visit()).status_code == 204
    return noons


def test_a_period_shows_its_visits_and_a_day_can_be_gone_to(shop: Shop, on: list[datetime]) -> None:
    chosen = VisitFilter(since=seoul(6, 11), until=seoul(6, 13))
    with shop.app.app_context():
        reader = shop.house.reader
        page, visits = reader.page(chosen)
        _, of_the_past = reader.page(VisitFilter(), below=reader.number_at(seoul(6, 11)))

        times = sorted(visit.recorded_at for visit in visits)
        assert (len(times), times[0], times[-1]) == (6, on[1], on[2] + timedelta(minutes=2))
        assert page.older is None
        assert {visit.recorded_at.astimezone(SEOUL).day for visit in of_the_past} == {10}
        assert reader.number_at(seoul(6, 20)) is None
        assert reader.about_how_many() == 12
        assert reader.page(VisitFilter(since=seoul(7, 1)))[1] == []
