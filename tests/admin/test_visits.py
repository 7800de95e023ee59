"""Visit records in the console: never without a reason, never without an entry in the log."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from consent_server import clock
from consent_server.admin.choices import PAGE_ROWS
from support.console import Console, new_console
from support.countries import IN_KOREA, IN_THE_US, NOWHERE, write_countries
from support.shop import MakeShop, Shop

VISITS = "/admin/visits"
WHY = "Ticket 4711: the visitor asks what we hold"
SEOUL = timezone(timedelta(hours=9))
NOON = datetime(2026, 3, 15, 12, 0, tzinfo=SEOUL)


def at(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    monkeypatch.setattr(clock, "now", lambda: now)


def give_reason(console: Console, path: str = VISITS) -> str:
    """Says why, and returns the page that follows."""
    answer = console.send(path, form=path, reason=WHY)
    assert answer.status_code == 302
    return console.get(answer.location).text


def test_nothing_is_shown_before_a_reason_is_given(handler: Console, shop: Shop) -> None:
    shop.send_visit(shop.visit(path="/secret-page"))

    page = handler.get(VISITS)

    assert "/secret-page" not in page.text
    assert "Before you see them, say what for." in page.text
    assert "visits.view" not in [act.act for act in handler.acts()]


@pytest.mark.parametrize("reason", ["", "   ", "\n"])
def test_an_empty_reason_is_none(handler: Console, reason: str) -> None:
    answer = handler.send(VISITS, form=VISITS, reason=reason)

    assert answer.status_code == 400
    assert 'aria-invalid="true"' in answer.text
    assert "Before you see them" in handler.get(VISITS).text


def test_a_record_is_shown_with_all_that_is_held_and_the_day_it_is_destroyed(
    handler: Console, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, NOON)
    shop.send_visit(
        shop.visit(path="/pricing", referrer="https://search.example"),
        environ_base={"REMOTE_ADDR": "203.0.113.77"},
    )

    page = give_reason(handler)

    assert WHY in page
    for held in ("/pricing", "203.0.113.77", "search.example", "Phone", "iOS", "2026-03-15"):
        assert held in page
    assert "2026-06-1" in page
    assert "Asia/Seoul" in page


def test_each_view_is_written_down_with_reason_site_and_count(handler: Console, shop: Shop) -> None:
    for _ in range(3):
        shop.send_visit(shop.visit())

    give_reason(handler)
    handler.get(f"{VISITS}?site={shop.key}&device_class=tablet")

    views = [act for act in handler.acts() if act.act == "visits.view"]
    assert [(act.operator, act.reason, act.record_count, act.site_id) for act in views] == [
        (handler.email, WHY, 3, None),
        (handler.email, WHY, 0, shop.id),
    ]


def test_a_reason_holds_for_half_an_hour(
    handler: Console, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, NOON)
    shop.send_visit(shop.visit())
    give_reason(handler)

    at(monkeypatch, NOON + timedelta(minutes=29, seconds=59))
    in_time = handler.get(VISITS).text
    at(monkeypatch, NOON + timedelta(minutes=30))
    late = handler.get(VISITS).text

    assert WHY in in_time
    assert WHY not in late
    assert "/pricing" not in late


def test_who_is_done_gives_a_new_reason_next_time(handler: Console) -> None:
    give_reason(handler)

    handler.send(f"{VISITS}/done", form=VISITS)

    assert "Before you see them" in handler.get(VISITS).text


def test_the_filter_in_the_address_survives_the_question_for_a_reason(
    handler: Console, shop: Shop
) -> None:
    filtered = f"{VISITS}?site={shop.key}&device_class=mobile"

    answer = handler.send(filtered, form=filtered, reason=WHY)

    assert answer.location == filtered


def test_visits_can_be_filtered_by_site_day_and_device(
    handler: Console, shop: Shop, other_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, NOON)
    shop.send_visit(shop.visit(path="/here"))
    other_shop.send_visit(other_shop.visit(path="/there"), origin="https://other.example")
    at(monkeypatch, NOON + timedelta(days=1))
    shop.send_visit(shop.visit(path="/robot"), user_agent="Googlebot/2.1")
    give_reason(handler)

    shown = {
        query: [path for path in ("/here", "/there", "/robot") if f">{path}<" in found]
        for query in (
            "",
            f"site={shop.key}",
            "since=2026-03-16",
            "until=2026-03-15",
            "device_class=bot",
        )
        if (found := handler.get(f"{VISITS}?{query}").text)
    }

    assert list(shown.values()) == [
        ["/here", "/there", "/robot"],
        ["/here", "/robot"],
        ["/robot"],
        ["/here", "/there"],
        ["/robot"],
    ]


def test_visits_can_be_filtered_by_country(make_shop: MakeShop, tmp_path: Path) -> None:
    shop = make_shop(country_database=str(write_countries(tmp_path / "countries.mmdb")))
    for address, path in ((IN_KOREA, "/seoul"), (IN_THE_US, "/austin"), (NOWHERE, "/at-sea")):
        shop.send_visit(shop.visit(path=path), environ_base={"REMOTE_ADDR": address})
    handler = new_console(shop.app, "handler")
    give_reason(handler)

    found = {
        query: [path for path in ("/seoul", "/austin", "/at-sea") if f">{path}<" in page]
        for query in ("country=KR", "country=us", "country=-", "country=FR", "country=%27")
        if (page := handler.get(f"{VISITS}?{query}").text)
    }

    assert list(found.values()) == [
        ["/seoul"], ["/austin"], ["/at-sea"], [], ["/seoul", "/austin", "/at-sea"]
    ]  # fmt: skip
    assert "South Korea" in handler.get(VISITS).text


def test_a_record_is_not_shown_any_more_from_the_instant_it_must_be_gone(
    handler: Console, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, NOON)
    shop.send_visit(shop.visit(path="/old-page"))

    at(monkeypatch, datetime(2026, 6, 17, tzinfo=SEOUL))
    page = give_reason(handler)

    assert "/old-page" not in page


def test_long_lists_are_paged_without_repeating_or_losing_a_record(
    handler: Console, shop: Shop
) -> None:
    paths = [f"/page-{number:03d}" for number in range(PAGE_ROWS + 7)]
    for path in paths:
        shop.send_visit(shop.visit(path=path))
    first = give_reason(handler)
    [before] = {part.split("#")[0] for part in first.split("before=")[1:]}

    second = handler.get(f"{VISITS}?before={before}").text

    assert [path in first for path in paths] == [False] * 7 + [True] * PAGE_ROWS
    assert [path in second for path in paths] == [True] * 7 + [False] * PAGE_ROWS


@pytest.mark.parametrize(
    "query",
    [
        "since=yesterday",
        "since=2026-02-30",
        "since=2026-03-02&until=2026-03-01",
        "since=0001-01-01",
    ],
)
def test_a_day_that_cannot_be_read_is_marked_and_filters_nothing(
    handler: Console, shop: Shop, query: str
) -> None:
    shop.send_visit(shop.visit(path="/still-here"))
    give_reason(handler)

    page = handler.get(f"{VISITS}?{query}")

    assert page.status_code == 200
    assert 'aria-invalid="true"' in page.text
