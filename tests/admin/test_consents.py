"""Consent records in the console: newest first, filtered, each with the text that was shown."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import quote

import msgspec
import pytest

from consent_server import clock
from consent_server.admin.choices import PAGE_ROWS
from consent_server.policies.services import publish
from consent_server.sites.services import keep_banner_settings
from support.console import Console
from support.shop import NOTICE, Shop

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
    older = re.search(rf'href="({CONSENTS}\?[^"]*before=\d+)#found"', first)
    assert older

    second = viewer.get(older[1].replace("&amp;", "&")).text

    assert shown_on(first) == ids[:PAGE_ROWS]
    assert shown_on(second) == ids[PAGE_ROWS:]


def test_pages_lead_forth_and_back(viewer: Console, shop: Shop) -> None:
    ids = [send(shop, shop.submission()) for _ in range(PAGE_ROWS + 3)][::-1]
    first = viewer.get(CONSENTS).text
    second = viewer.get(link(first, "next")).text

    back = viewer.get(link(second, "prev")).text

    assert 'rel="prev"' not in first
    assert 'rel="next"' not in second
    assert shown_on(second) == ids[PAGE_ROWS:]
    assert shown_on(back) == ids[:PAGE_ROWS]


def test_records_can_be_filtered_by_version_and_language(viewer: Console, shop: Shop) -> None:
    old = send(shop, shop.submission())
    english = send(shop, shop.submission(language="en"))
    with shop.app.app_context():
        publish(shop.id, msgspec.structs.replace(NOTICE, texts={"ko": {"title": "새 제목"}}))
    new = send(shop, shop.submission())

    def found(query: str) -> list[str]:
        return shown_on(viewer.get(f"{CONSENTS}?{query}").text)

    assert found("version=1") == [english, old]
    assert found("version=2") == [new]
    assert found("language=en") == [english]
    assert found("version=1&language=ko") == [old]
    assert found("version=3") == []


@pytest.mark.parametrize("form", [str, str.upper, lambda text: text[:8], lambda text: text[:13]])
def test_a_record_is_found_by_its_id_or_how_that_begins(
    viewer: Console, shop: Shop, form: Callable[[str], str]
) -> None:
    wanted, _ = (send(shop, shop.submission()) for _ in range(2))

    assert shown_on(viewer.get(f"{CONSENTS}?id={form(wanted)}").text) == [wanted]
    assert shown_on(viewer.get(f"{CONSENTS}?id={form(wanted)}&action=gpc").text) == []


@pytest.mark.parametrize("text", ["6f2c1a5", "6f2c1a5x", "' OR 1=1 --", "0" * 33])
def test_what_is_no_start_of_an_id_is_marked_and_filters_nothing(
    viewer: Console, shop: Shop, text: str
) -> None:
    record = send(shop, shop.submission())

    page = viewer.get(f"{CONSENTS}?id={quote(text)}").text

    assert 'id="id-error"' in page
    assert shown_on(page) == [record]


def test_the_filter_goes_along_to_the_exports_and_to_a_day(handler: Console, shop: Shop) -> None:
    for _ in range(PAGE_ROWS + 1):
        send(shop, shop.refusal())
    query = f"site={shop.key}&action=refuse_all"

    page = handler.get(f"{CONSENTS}?{query}").text
    gone_to = handler.get(f"{CONSENTS}?{query}&at=2100-01-01")

    export = f"/admin/exports?kind=consents&amp;site={shop.key}&amp;action=refuse_all"
    assert f'href="{export}"' in page
    assert 'name="action" value="refuse_all"' in page
    assert gone_to.location == f"{CONSENTS}?{query}"


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


def test_a_page_tells_what_a_visitor_decided_before(viewer: Console, shop: Shop) -> None:
    answer = shop.send_consent(shop.submission()).json
    assert answer
    later = shop.refusal(visitor=answer["token"], action="withdraw")
    send(shop, later)
    send(shop, shop.submission())

    page = viewer.get(f"{CONSENTS}/{answer['consent_id']}").text

    history = page.split('<ol class="story">')[1].split("</ol>")[0]
    assert shown_on(history) == [later["submission_id"], answer["consent_id"]]
    assert history.count("granted → <strong>refused</strong>") == 3
    assert "The first decision." in history


def test_a_receipt_is_shown_checked_and_downloaded(viewer: Console, shop: Shop) -> None:
    answer = shop.send_consent(shop.submission()).json
    assert answer
    address = f"{CONSENTS}/{answer['consent_id']}"

    page = viewer.get(address).text
    file = viewer.get(f"{address}/receipt.json")

    assert "✓ The seal is genuine" in page
    assert "✓ fits what is stored" in page
    assert answer["receipt"]["signature"] in page
    assert file.json == answer["receipt"]
    assert file.headers["Content-Disposition"].startswith("attachment; filename=consent-")


def test_a_receipt_that_somebody_shows_is_checked(viewer: Console, shop: Shop) -> None:
    ours, other = (shop.send_consent(shop.submission()).json or {} for _ in range(2))
    address = f"{CONSENTS}/{ours['consent_id']}"
    forged = ours["receipt"] | {"purposes": {"marketing": False}}

    def said(receipt: str) -> str:
        page = viewer.send(address, form=address, receipt=receipt).text
        return page.split('role="alert">')[1].split("</p>")[0]

    assert "✓ Genuine, and of this record" in said(json.dumps(ours["receipt"]))
    assert "of another record" in said(json.dumps(other["receipt"]))
    for text in (json.dumps(forged), '{"signature": "ü"}', "[]", "no JSON", "[" * 9000):
        assert "✗ Not genuine" in said(text)


def test_the_banner_stands_there_as_it_was(viewer: Console, shop: Shop) -> None:
    keep(shop, '{"look":{"colours":{"accent":"#123456","background":"#ffffff"}}}')
    with shop.app.app_context():
        shop.house.upkeep.run()
    record = send(shop, shop.submission())
    keep(shop, '{"look":{"position":"top"}}')
    with shop.app.app_context():
        publish(shop.id, msgspec.structs.replace(NOTICE, texts={"ko": {"title": "새 제목"}}))

    page = viewer.get(f"{CONSENTS}/{record}")
    frame = viewer.get(f"{CONSENTS}/{record}/banner.html")

    assert f'src="{CONSENTS}/{record}/banner.html" sandbox="allow-scripts"' in page.text
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
    policy = frame.headers["Content-Security-Policy"]
    assert "sandbox allow-scripts" in policy
    assert "allow-same-origin" not in policy
    assert "connect-src" not in policy  # so default-src 'none' holds: nothing is sent
    assert "#123456" in frame.text
    assert "새 제목" not in frame.text


def test_each_look_at_a_record_is_written_down_without_its_id(viewer: Console, shop: Shop) -> None:
    answer = shop.send_consent(shop.submission()).json
    assert answer
    send(shop, shop.submission(visitor=answer["token"]))

    viewer.get(f"{CONSENTS}/{answer['consent_id']}")

    [act] = [act for act in viewer.acts() if act.act == "consents.view"]
    assert (act.operator, act.site_id, act.record_count) == (viewer.email, shop.id, 2)
    assert act.reference == ""


def link(page: str, rel: str) -> str:
    """Returns where a page leads: `next` is older, `prev` newer."""
    found = re.search(rf'href="([^"#]*)#found" rel="{rel}"', page)
    assert found
    return found[1].replace("&amp;", "&")


def keep(shop: Shop, settings: str) -> None:
    with shop.app.app_context():
        keep_banner_settings(shop.key, settings)
