"""Consent records in the console: newest first, filtered, each with the text that was shown."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from consent_server import clock
from consent_server.admin.choices import PAGE_ROWS
from support.console import Console
from support.shop import Shop

CONSENTS = "/admin/consents"


def shown_on(page: str) -> list[str]:
    """Returns the ids of the records on a page, in their order."""
    return re.findall(rf'href="{CONSENTS}/([0-9a-f-]{{36}})"', page)


def send(shop: Shop, body: dict[str, Any], origin: str = "https://shop.example") -> str:
    assert shop.send_consent(body, origin=origin).status_code == 201
    return str(body["submission_id"])


def test_an_empty_list_says_what_to_do(viewer: Console) -> None:
    page = viewer.get(CONSENTS).text

    assert "No decision yet." in page
    assert "<table" not in page


def test_records_come_newest_first(viewer: Console, shop: Shop) -> None:
    ids = [send(shop, shop.submission()) for _ in range(3)]

    assert shown_on(viewer.get(CONSENTS).text) == ids[::-1]


def test_records_can_be_filtered_by_site_action_and_day(
    viewer: Console, shop: Shop, other_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    evening = datetime(2026, 3, 15, 23, 59, 59, tzinfo=timezone(timedelta(hours=9)))
    monkeypatch.setattr(clock, "now", lambda: evening)
    refused = send(shop, shop.refusal())
    elsewhere = send(other_shop, other_shop.submission(), "https://other.example")
    monkeypatch.setattr(clock, "now", lambda: evening + timedelta(seconds=1))
    accepted = send(shop, shop.submission())

    def found(query: str) -> list[str]:
        return shown_on(viewer.get(f"{CONSENTS}?{query}").text)

    assert found("") == [accepted, elsewhere, refused]
    assert found(f"site={shop.key}") == [accepted, refused]
    assert found("action=refuse_all") == [refused]
    assert found("since=2026-03-16") == [accepted]
    assert found("until=2026-03-15") == [elsewhere, refused]
    assert found("since=2026-03-17") == []
    assert "No record fits." in viewer.get(f"{CONSENTS}?since=2026-03-17").text


def test_long_lists_are_paged_and_the_filter_goes_along(viewer: Console, shop: Shop) -> None:
    ids = [send(shop, shop.refusal()) for _ in range(PAGE_ROWS + 3)][::-1]
    send(shop, shop.submission())
    first = viewer.get(f"{CONSENTS}?action=refuse_all").text
    older = re.search(rf'href="({CONSENTS}\?[^"]*before=\d+)"', first)
    assert older

    second = viewer.get(older[1].replace("&amp;", "&")).text

    assert shown_on(first) == ids[:PAGE_ROWS]
    assert shown_on(second) == ids[PAGE_ROWS:]


def test_a_record_shows_every_decision_in_the_words_of_its_notice(
    viewer: Console, shop: Shop
) -> None:
    body = shop.submission(
        action="customise",
        decisions={"functional": True, "analytics": False, "marketing": True},
        services={"tubular": False},
        layer="preferences",
    )
    record = send(shop, body)

    page = viewer.get(f"{CONSENTS}/{record}").text

    decisions = re.findall(r'<li( class="granted")?>([^<]+)<span', page)
    assert [(name.split(" ")[0], bool(granted)) for granted, name in decisions] == [
        ("통계", False),
        ("기능", True),
        ("마케팅", True),
        ("Tubular", False),
    ]
    for held in (record, body["text_sha256"], f"/policies/{shop.key}/1", "Shop"):
        assert held in page


@pytest.mark.parametrize("unknown", ["6f2c1a52-9a3e-4b6b-8d1c-3a5f0e7d9b10", "not-an-id", "1"])
def test_an_unknown_record_is_a_page_that_leads_back(viewer: Console, unknown: str) -> None:
    answer = viewer.get(f"{CONSENTS}/{unknown}")

    assert answer.status_code == 404
    assert answer.mimetype == "text/html"
    assert 'href="/admin/"' in answer.text


@pytest.mark.parametrize(
    "query",
    [
        "before=abc",
        "before=-1",
        "before=" + "9" * 30,
        "site=nowhere",
        "action=%27%3B--",
        "since=%00",
    ],
)
def test_nonsense_in_the_address_is_no_error(viewer: Console, shop: Shop, query: str) -> None:
    send(shop, shop.submission())

    assert viewer.get(f"{CONSENTS}?{query}").status_code == 200
