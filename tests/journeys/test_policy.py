"""A new purpose: announced in the console, seen coming, and asked for alone on its day."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from support.browser import MakeContext
from support.gated_page import Product, choose_and_record, open_site
from support.product_page import ProductPages
from support.service import MakeService

EMAIL = "owner@example.com"


@pytest.fixture
def shop(make_service: MakeService, product_pages: ProductPages, tmp_path: Path) -> Product:
    """A product with a service of its own, whose clock may be turned."""
    service = make_service()
    service.start()
    return Product(service, product_pages, *open_site(service, product_pages, tmp_path))


@pytest.fixture
def console(make_context: MakeContext, shop: Product) -> Page:
    """The page of the notice, with an owner signed in."""
    added = shop.service.run_cli("operators", "add", EMAIL, "--json").stdout
    page = make_context().new_page()
    page.goto(f"{shop.service.url}/admin/sites/{shop.site_key}/notice")
    page.get_by_label("E-mail address").fill(EMAIL)
    page.get_by_label("Password").fill(json.loads(added)["password"])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Notice of Shop")).to_be_visible()
    return page


def test_a_new_purpose_is_announced_seen_coming_and_asked_for_alone_on_its_day(
    console: Page, page: Page, shop: Product
) -> None:
    shop.open(page)
    choose_and_record(page, "all")

    console.get_by_role("link", name="Edit the draft").click()
    console.get_by_role("button", name="Add a purpose").click()
    purpose = console.get_by_role("group", name="New purpose")
    purpose.get_by_label("Key").fill("partners")
    for code, words in (("한국어", "협력사 공유"), ("English", "Partners")):
        purpose.get_by_label(f"Name ({code})").fill(words)
        purpose.get_by_label(f"Text ({code})").fill(words)
    console.get_by_role("button", name="Save the draft").first.click()
    expect(console.get_by_text("Purpose partners: new")).to_be_visible()
    console.get_by_label("Reason of the change").fill("We work with partners.")
    console.get_by_role("button", name="Announce").click()
    expect(console.get_by_role("heading", name="Announced: version 2")).to_be_visible()

    restart(shop)
    page.goto(shop.url)
    card = page.locator("#cs-changes")
    expect(card).to_contain_text("A changed notice applies from")
    page.goto(card.get_by_role("link").get_attribute("href") or "")
    expect(page.get_by_text("We work with partners.")).to_be_visible()
    expect(page.locator("ins", has_text="Partners").first).to_be_visible()

    restart(shop, faketime="+8d")
    page.goto(shop.url)
    expect(card).to_contain_text("Partners (new)")
    expect(page.locator("#cs-notice")).to_have_count(0)
    with page.expect_response("**/v1/consents"):
        card.get_by_role("button", name="Refuse").click()

    first, second = shop.rows()
    assert (first["policy_version"], second["policy_version"]) == (1, 2)
    assert second["decisions"] == first["decisions"] | {"partners": False}
    assert second["visitor_id"] == first["visitor_id"]


def restart(shop: Product, faketime: str | None = None) -> None:
    """Starts the service anew, at once or days later: no job runs in between."""
    shop.service.stop()
    shop.service.faketime = faketime
    shop.service.start()
