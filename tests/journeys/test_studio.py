"""The banner studio in a browser: change, see, save, meet it on the product page, take it back."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from support.browser import MakeContext, wait_until
from support.gated_page import Product, cookies

GREEN = "#174e3f"
_GROUND = "(button) => getComputedStyle(button).backgroundColor"


@pytest.fixture
def console(make_context: MakeContext, own_product: Product) -> Page:
    """The studio of a site of this test alone, with an owner signed in."""
    service = own_product.service
    email = f"{own_product.site_key}@example.com"
    added = service.run_cli("operators", "add", email, "--json").stdout
    page = make_context(viewport={"width": 1280, "height": 900}).new_page()
    page.goto(f"{service.url}/admin/sites/{own_product.site_key}/banner")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(json.loads(added)["password"])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Preview")).to_be_visible()
    return page


def stage(console: Page) -> FrameLocator:
    return console.frame_locator("iframe:not(.coming)")


def test_a_banner_is_changed_seen_saved_met_and_taken_back(
    console: Page, make_context: MakeContext, own_product: Product
) -> None:
    complaints: list[str] = []
    console.on("pageerror", lambda error: complaints.append(error.message))
    console.on("console", lambda message: complaints.append(message.text))
    sent: list[str] = []
    console.on("request", lambda request: sent.append(request.url))
    reject = stage(console).get_by_role("button", name="Reject all")

    console.get_by_label("Language").last.select_option("en")
    expect(reject).to_be_visible()
    console.get_by_label("Position").select_option("bottom_right")
    console.get_by_text("Colours of your own").click()
    console.get_by_label("Button (Light)").first.fill(GREEN)
    console.get_by_label("Text of buttons (Light)").first.fill("#ffffff")
    expect(reject).to_have_css("background-color", "rgb(23, 78, 63)")
    box = stage(console).locator("#cs-notice").bounding_box()
    whole = console.locator("iframe:not(.coming)").bounding_box()
    assert box
    assert whole
    assert box["x"] > whole["x"] + whole["width"] / 2

    console.get_by_label("Language").last.select_option("ko")
    refuse = stage(console).get_by_role("button", name="모두 거부")
    expect(refuse).to_have_css("background-color", "rgb(23, 78, 63)")
    console.get_by_label("Theme").select_option("dark")
    expect(stage(console).locator("html")).to_have_class("dark")
    console.get_by_label("360").check()
    refuse.click()
    expect(stage(console).locator("#cs-reopen")).to_be_visible()
    stage(console).locator("#cs-reopen").click()
    expect(stage(console).get_by_role("dialog")).to_be_visible()

    assert not [url for url in sent if "/v1/" in url]
    assert "cs_consent" not in cookies(console.context)
    assert console.evaluate("localStorage.length") == 0

    console.get_by_role("button", name="Save", exact=True).first.click()
    expect(console.get_by_text("Saved. Pages of the site follow")).to_be_visible()
    shopper = make_context().new_page()
    notice = own_product.open(shopper)
    expect(notice.get_by_role("button", name="Reject all")).to_have_css(
        "background-color", "rgb(23, 78, 63)"
    )

    console.get_by_role("button", name="Put back the settings of before").click()
    expect(console.get_by_text("The settings of before are back.")).to_be_visible()
    another = make_context().new_page()
    plain = own_product.open(another).get_by_role("button", name="Reject all")
    expect(plain).not_to_have_css("background-color", "rgb(23, 78, 63)")

    assert own_product.rows() == []
    seen = own_product.service.export("visits", "--site", own_product.site_key)
    assert {visit["path"] for visit in seen} == {own_product.path_of()}
    # the browser says itself that a frame without an origin gets no focus
    assert [words for words in complaints if "Blocked autofocusing" not in words] == []


def test_an_unreadable_colour_is_found_while_it_is_typed_and_the_focus_stays(
    console: Page,
) -> None:
    console.get_by_label("Position").select_option("centre")
    console.get_by_text("Colours of your own").click()
    field = console.get_by_label("Button (Light)").first
    field.fill("#eeeeee")
    console.get_by_label("Text of buttons (Light)").first.fill("#ffffff")

    expect(console.get_by_text("Light: Text of buttons on Button has")).to_be_visible()
    expect(stage(console).locator("dialog#cs-modal")).to_be_visible()
    expect(console.get_by_label("Text of buttons (Light)").first).to_be_focused()


def test_without_javascript_the_form_is_shown_by_a_button(
    console: Page, make_context: MakeContext
) -> None:
    state = console.context.storage_state()
    page = make_context(java_script_enabled=False, storage_state=state).new_page()
    page.goto(console.url)

    page.get_by_label("Roundness").fill("40")
    page.get_by_role("button", name="Show without saving").click()

    wait_until(page, "true")
    expect(page.frame_locator("iframe").get_by_text("This cannot be shown")).to_be_visible()
