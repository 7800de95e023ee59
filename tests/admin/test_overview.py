"""The first page: what waits stands on top with its page, and how the service is below."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from consent_server import clock
from consent_server.policies.announcing import Announcement, announce
from consent_server.policies.notice_period import NoticePeriod
from support.console import Console
from support.furnished import furnish
from support.shop import NOTICE, Shop

pytestmark = pytest.mark.on_sqlite

NOW = datetime(2026, 3, 2, 3, tzinfo=UTC)


def test_a_quiet_service_has_nothing_that_waits(owner: Console, shop: Shop) -> None:
    page = owner.get("/admin/").text

    assert "What waits for you" not in page
    assert "needs a look" not in page
    assert "No visit is kept" in page


def test_what_is_decided_and_what_waits_is_seen_at_once(owner: Console, shop: Shop) -> None:
    furnish(shop, owner)

    page = owner.get("/admin/").text

    assert "Decisions of the last 30 days" in page
    assert '<a href="/admin/certificates">1 certificate of destruction waits' in page
    assert 'data-chart="days"' in page


def test_a_certificate_that_is_confirmed_waits_no_more(owner: Console, shop: Shop) -> None:
    furnish(shop, owner)

    owner.send("/admin/certificates/1", form="/admin/certificates/1")

    assert "certificate of destruction waits" not in owner.get("/admin/").text


def test_a_coming_notice_is_told_with_its_day(owner: Console, shop: Shop) -> None:
    period = NoticePeriod.of(shop.house.settings)
    day = period.day_of(clock.now()) + timedelta(days=30)
    with shop.app.app_context():
        announce(shop.id, NOTICE, Announcement(day, None, "a new service"), period)
        shop.house.policies.present(shop.id, is_fresh=True)

    page = owner.get("/admin/").text

    assert f"Shop: notice 2 is announced and comes into force on {day}." in page


def test_the_next_visits_to_go_are_told_with_their_last_instant(
    owner: Console, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    shop.send_visit(shop.visit())

    page = owner.get("/admin/").text

    assert "Visits of 2026-03-02" in page
    assert "gone at 2026-06-03 00:00:00" in page


def test_a_job_that_is_an_hour_late_waits_for_an_operator(
    owner: Console, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.send_visit(shop.visit())
    later = datetime.now(UTC) + timedelta(days=3)
    monkeypatch.setattr(clock, "now", lambda: later)
    with shop.app.app_context():
        shop.house.days.search()
    owner.sign_in()  # sessions end after half an hour without a request

    page = owner.get("/admin/").text

    assert "Jobs are more than an hour late" in page
    assert "late by" in page
