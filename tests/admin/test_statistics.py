"""The page of statistics, and where archived visits are spoken of."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskCliRunner

from consent_server import clock
from consent_server.reports.commands import visit_commands
from support.console import Console
from support.shop import IPHONE, Shop

pytestmark = pytest.mark.on_sqlite

PAGE = "/admin/statistics"
RECORDED = datetime(2026, 1, 15, 3, 30, tzinfo=UTC)


def at(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    monkeypatch.setattr(clock, "now", lambda: now)


def visited(shop: Shop, people: int, path: str = "/pricing") -> None:
    for number in range(people):
        shop.send_visit(shop.visit(path=path), environ_base={"REMOTE_ADDR": f"198.51.100.{number}"})


def keep_up(shop: Shop) -> None:
    with shop.app.app_context():
        assert shop.house.upkeep.run()


def test_a_day_that_is_over_is_shown_with_its_values(
    viewer: Console, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, RECORDED)
    visited(shop, 6)
    visited(shop, 1, "/orders/kim")
    at(monkeypatch, RECORDED + timedelta(days=1))
    keep_up(shop)

    page = viewer.get(PAGE).text

    for shown in ("2026-01-15", "Phone", "iOS", "All others"):
        assert shown in page
    assert "kim" not in page
    assert "198.51.100" not in page


def test_answers_and_visits_of_a_device_stand_side_by_side(
    viewer: Console, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, RECORDED)
    visited(shop, 6)
    for _ in range(11):
        shop.send_consent(shop.submission(), user_agent=IPHONE)
    assert shop.house.hearing.flush()
    at(monkeypatch, RECORDED + timedelta(days=1))
    keep_up(shop)

    page = viewer.get(PAGE).text

    devices = page.partition('id="by-device"')[2].partition('id="by-country"')[0]
    for shown in ("Answers by device", "Visits by device", "Who granted what", "100% (10)"):
        assert shown in re.sub("<[^>]+>", "", devices)
    assert "CONSENT_COUNTRY_HEADER" in page


def test_the_page_says_when_there_is_nothing_to_show(viewer: Console, shop: Shop) -> None:
    page = viewer.get(PAGE).text

    assert "No number yet." in page
    assert "Not counted yet" in page


def test_the_page_says_when_there_is_no_site(viewer: Console) -> None:
    assert "No site yet." in viewer.get(PAGE).text


@pytest.mark.parametrize(
    "query",
    ["site=nowhere", "since=yesterday", "since=2026-03-02&until=2026-03-01", "since=1970-01-01"],
)
def test_a_filter_that_cannot_be_read_is_never_an_error(
    viewer: Console, shop: Shop, query: str
) -> None:
    assert viewer.get(f"{PAGE}?{query}").status_code == 200


def test_the_page_of_visits_says_how_many_lie_in_the_archive(
    handler: Console, shop: Shop, other_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, RECORDED)
    visited(shop, 3)
    at(monkeypatch, RECORDED + timedelta(days=7))
    keep_up(shop)
    handler.send("/admin/visits", form="/admin/visits", reason="Ticket 4711")

    found = {
        query: "3 more records of these days lie in the archive"
        in handler.get(f"/admin/visits?{query}").text
        for query in (
            "",
            f"site={shop.key}",
            f"site={other_shop.key}",
            "since=2026-01-15&until=2026-01-15",
            "since=2026-01-16",
        )
    }

    assert list(found.values()) == [True, True, False, True, False]


def test_an_export_says_on_stderr_how_many_lie_in_the_archive(
    shop: Shop, runner: FlaskCliRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, RECORDED)
    visited(shop, 3)
    before = runner.invoke(visit_commands, ["export", "--format", "ndjson"])
    at(monkeypatch, RECORDED + timedelta(days=7))
    keep_up(shop)

    after = runner.invoke(visit_commands, ["export", "--format", "ndjson"])

    assert (before.stdout.count("\n"), before.stderr) == (3, "")
    assert after.stdout == ""
    assert after.stderr.startswith("3 more visit records of these days lie in the archive")
    assert "consent-server disclosures request" in after.stderr
