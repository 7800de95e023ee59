"""Stories of visitors: what they click, what the page does, what they store, what is logged.

Each story looks at all four at every step: page, cookies, requests, and the rows that the command
line exports.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from support.gated_page import (
    NOTICE,
    Product,
    choose,
    optional_cookies,
    our_cookie,
    settle,
    stored_action,
    write_notice,
)

NOTHING: dict[str, int] = {}
EVERYTHING = {"analytics.js", "marketing.js", "video.html"}
REFUSED = {"functional": False, "analytics": False, "marketing": False}
GRANTED = dict.fromkeys(REFUSED, True)


def expect_nothing_optional(page: Page, product: Product) -> None:
    """Holds when nothing optional was requested or stored on this tab so far."""
    settle(page)
    assert product.gated_requests() == NOTHING
    assert optional_cookies(page.context) == set()


def expect_film(page: Page) -> None:
    expect(page.frame_locator("main iframe").get_by_text("film")).to_be_visible()


def wait_until_served(product: Product, text: str) -> None:
    """Waits until the running service has noticed a new notice; it looks every few seconds."""
    path = urlsplit(product.embed_url).path + "?lang=en"
    deadline = time.monotonic() + 30
    while text not in product.service.get(path)[1].decode():
        assert time.monotonic() < deadline, f"never served: {text}"
        time.sleep(0.2)


def until_recorded(page: Page) -> Any:
    """Waits, as a context, for the server's answer to a decision."""
    return page.expect_response(
        lambda response: response.url.endswith("/v1/consents") and response.status == 201
    )


def decisions(rows: list[dict[str, Any]]) -> list[tuple[str, str, dict[str, bool]]]:
    return [(row["action"], row["layer"], row["decisions"]) for row in rows]


def test_somebody_allows_all(page: Page, own_product: Product) -> None:
    own_product.open(page)
    expect_nothing_optional(page, own_product)

    with until_recorded(page):
        choose(page, "all")

    expect(page.locator("#cs-notice")).to_have_count(0)
    expect(page.locator("#cs-reopen")).to_be_visible()
    expect_film(page)
    settle(page)
    assert page.evaluate("window.ran") == ["analytics", "marketing"]
    assert stored_action(page.context) == "accept_all"
    page.reload()
    expect_film(page)
    settle(page)
    assert own_product.gated_requests() == dict.fromkeys(EVERYTHING, 2)
    assert decisions(own_product.rows()) == [("accept_all", "notice", GRANTED)]


def test_somebody_refuses_all(page: Page, own_product: Product) -> None:
    own_product.add_page("pricing.html", "<p>Prices</p>")
    own_product.open(page)
    expect_nothing_optional(page, own_product)

    with until_recorded(page):
        choose(page, "necessary")

    expect(page.locator("#cs-notice")).to_have_count(0)
    assert stored_action(page.context) == "refuse_all"
    page.goto(own_product.url_of("pricing.html"))
    expect(page.locator("#cs-reopen")).to_be_visible()
    page.goto(own_product.url)
    expect(page.locator(".cs-embed")).to_be_visible()
    expect(page.locator("#cs-notice")).to_have_count(0)
    expect_nothing_optional(page, own_product)
    assert decisions(own_product.rows()) == [("refuse_all", "notice", REFUSED)]
    paths = [own_product.path_of(name) for name in ("", "pricing.html", "")]
    assert [visit["path"] for visit in own_product.visits()] == paths


def test_somebody_wants_to_be_asked_each_time(page: Page, own_product: Product) -> None:
    own_product.open(page)
    with until_recorded(page):
        choose(page, "ask")
    expect_nothing_optional(page, own_product)
    assert stored_action(page.context) == "ask_each"

    for service, answer in (("pulse", "refuse"), ("adlantern", "refuse"), ("reelbrook", "allow")):
        question = page.locator(f"#cs-question[data-service={service}]")
        with until_recorded(page):
            question.locator(f"[data-role={answer}]").click()

    expect(page.locator("#cs-question")).to_have_count(0)
    expect_film(page)
    page.reload()
    expect_film(page)
    settle(page)
    expect(page.locator("#cs-question")).to_have_count(0)
    assert own_product.gated_requests() == {"video.html": 2}
    rows = own_product.rows()
    assert decisions(rows) == [("ask_each", "notice", REFUSED)] + 3 * [
        ("ask_each", "question", REFUSED)
    ]
    assert rows[-1]["services"] == {"pulse": False, "adlantern": False, "reelbrook": True}
    assert len({row["visitor_id"] for row in rows}) == 1


def test_somebody_changes_their_mind_in_the_preferences(page: Page, own_product: Product) -> None:
    own_product.open(page)
    with until_recorded(page):
        choose(page, "necessary")
    expect_nothing_optional(page, own_product)

    page.locator("#cs-reopen").click()
    dialog = page.locator("#cs-preferences")
    dialog.get_by_role("switch", name="Statistics").check()
    with until_recorded(page):
        dialog.locator("[data-role=save]").click()
    settle(page)
    assert own_product.gated_requests() == {"analytics.js": 1}
    assert stored_action(page.context) == "customise"

    page.locator("#cs-reopen").click()
    expect(dialog.get_by_role("switch", name="Statistics")).to_be_checked()
    dialog.get_by_role("switch", name="Statistics").uncheck()
    dialog.get_by_role("switch", name="Marketing").check()
    with until_recorded(page):
        dialog.locator("[data-role=save]").click()
    expect_film(page)

    page.reload()
    expect_film(page)
    settle(page)
    assert own_product.gated_requests() == {"analytics.js": 1, "marketing.js": 2, "video.html": 2}
    assert decisions(own_product.rows()) == [
        ("refuse_all", "notice", REFUSED),
        ("customise", "preferences", REFUSED | {"analytics": True}),
        ("customise", "preferences", REFUSED | {"marketing": True}),
    ]


def test_somebody_withdraws_what_they_had_allowed(page: Page, own_product: Product) -> None:
    own_product.open(page)
    with until_recorded(page):
        choose(page, "all")
    expect_film(page)
    settle(page)
    before = own_product.gated_requests()

    page.locator("#cs-reopen").click()
    with until_recorded(page):
        page.locator("#cs-preferences [data-role=withdraw]").click()

    expect(page.locator("#cs-preferences")).to_have_count(0)
    expect(page.locator(".cs-embed")).to_be_visible()
    assert stored_action(page.context) == "withdraw"
    page.reload()
    expect(page.locator(".cs-embed")).to_be_visible()
    expect(page.locator("#cs-notice")).to_have_count(0)
    settle(page)
    assert own_product.gated_requests() == before
    rows = own_product.rows()
    assert decisions(rows) == [
        ("accept_all", "notice", GRANTED),
        ("withdraw", "preferences", REFUSED),
    ]
    assert rows[0]["visitor_id"] == rows[1]["visitor_id"]


def test_somebody_reopens_their_choice_and_leaves_it_as_it_was(
    page: Page, own_product: Product
) -> None:
    own_product.open(page)
    with until_recorded(page) as answer:
        choose(page, "all")
    consent_id = answer.value.json()["consent_id"]
    expect_film(page)
    page.goto(own_product.url)
    cookie = our_cookie(page.context)

    page.locator("#cs-reopen").click()
    dialog = page.locator("#cs-preferences")
    expect(dialog).to_contain_text(consent_id)
    dialog.get_by_role("switch", name="Marketing").uncheck()
    page.keyboard.press("Escape")

    expect(dialog).to_have_count(0)
    expect(page.locator("#cs-reopen")).to_be_focused()
    assert our_cookie(page.context) == cookie
    expect_film(page)
    assert [row["consent_id"] for row in own_product.rows()] == [consent_id]


def test_nobody_is_asked_again_because_of_a_typo(
    page: Page, own_product: Product, tmp_path: Path
) -> None:
    own_product.open(page)
    with until_recorded(page):
        choose(page, "all")

    file = write_notice(
        tmp_path / "next.json", NOTICE | {"texts": {"en": {"title": "Your choice, spelt right"}}}
    )
    own_product.service.run_cli("policies", "publish", own_product.site_key, str(file))
    wait_until_served(own_product, "Your choice, spelt right")
    page.goto(own_product.url)

    expect_film(page)
    expect(page.locator("#cs-notice")).to_have_count(0)
    with until_recorded(page):
        page.evaluate("ConsentBanner.withdraw()")
    first, second = own_product.rows()
    assert (first["policy_version"], second["policy_version"]) == (1, 2)


def test_somebody_is_asked_for_what_is_new_alone_when_the_notice_has_changed(
    page: Page, own_product: Product, tmp_path: Path
) -> None:
    own_product.open(page)
    with until_recorded(page):
        choose(page, "all")
    expect_film(page)
    settle(page)

    chat = NOTICE["services"][0] | {"key": "chat", "name": "Chat"}
    services = [*NOTICE["services"], chat]
    next_notice = NOTICE | {"services": services, "texts": {"en": {"title": "New: a chat"}}}
    file = write_notice(tmp_path / "next.json", next_notice)
    own_product.service.run_cli(
        "policies",
        "publish",
        own_product.site_key,
        str(file),
        "--urgent",
        "The old chat has closed.",
    )
    wait_until_served(own_product, "New: a chat")
    page.goto(own_product.url)
    card = page.locator("#cs-changes")
    expect(card).to_contain_text("Chat (new)")
    expect(page.locator("#cs-notice")).to_have_count(0)
    expect_film(page)
    settle(page)

    with until_recorded(page):
        card.get_by_role("button", name="Refuse").click()
    first, second = own_product.rows()
    assert second["decisions"] == first["decisions"]
    assert second["services"]["chat"] is False
    assert (first["policy_version"], second["policy_version"]) == (1, 2)
    assert first["text_sha256"] != second["text_sha256"]
    assert first["visitor_id"] == second["visitor_id"]
