"""Global Privacy Control: refused before anybody is asked, said so, and outweighed by a choice."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from consent_server.policies.wording import BUILT_IN
from support.browser import MakeContext
from support.gated_page import MakeProduct, Product, choose_and_record, settle, stored_action

LINE = BUILT_IN["en"]["texts"]["gpc"]
BY_PROPERTY = "Object.defineProperty(navigator, 'globalPrivacyControl', { value: true })"
WAYS = ["header", "property", "both"]


def page_with_signal(make_context: MakeContext, way: str) -> Page:
    headers = {"Sec-GPC": "1"} if way != "property" else {}
    page = make_context(extra_http_headers=headers).new_page()
    if way != "header":
        page.add_init_script(BY_PROPERTY)
    return page


@pytest.mark.parametrize("way", WAYS)
def test_the_signal_refuses_marketing_and_the_notice_says_so(
    make_context: MakeContext, own_product: Product, way: str
) -> None:
    page = page_with_signal(make_context, way)

    with page.expect_response("**/v1/consents") as answer:
        notice = own_product.open(page)

    expect(notice).to_contain_text(LINE)
    assert answer.value.status == 201
    [row] = own_product.rows()
    assert (row["action"], row["decisions"]["marketing"]) == ("gpc", False)


def test_without_the_signal_nothing_is_decided_and_nothing_said(
    page: Page, product: Product
) -> None:
    notice = product.open(page)

    expect(notice).not_to_contain_text(LINE)
    assert page.evaluate("ConsentBanner.getCookie()") == {}


def test_a_later_choice_wins_and_its_record_names_the_signal(
    make_context: MakeContext, own_product: Product
) -> None:
    page = page_with_signal(make_context, "both")
    with page.expect_response("**/v1/consents"):
        own_product.open(page)

    choose_and_record(page, "all")

    settle(page)
    assert page.evaluate("ConsentBanner.acceptedCategory('marketing')")
    rows = [(row["action"], row["gpc"]) for row in own_product.rows()]
    assert rows == [("gpc", True), ("accept_all", True)]


def test_the_choice_still_wins_on_the_next_page(
    make_context: MakeContext, product: Product
) -> None:
    page = page_with_signal(make_context, "both")
    with page.expect_response("**/v1/consents"):
        product.open(page)
    choose_and_record(page, "all")

    page.goto(product.url)

    expect(page.locator("#cs-reopen")).to_be_visible()
    assert page.evaluate("ConsentBanner.acceptedCategory('marketing')")


def test_the_signal_is_heeded_where_everything_else_may_run(
    make_context: MakeContext, make_product: MakeProduct
) -> None:
    product = make_product(banner={"modes": {"default": "opt_out"}})
    page = page_with_signal(make_context, "both")

    product.open(page)

    settle(page)
    assert set(product.gated_requests()) == {"analytics.js"}


MODES = [
    pytest.param("opt_in", set(), True, id="opt-in"),
    pytest.param("opt_out", {"analytics.js", "marketing.js", "video.html"}, True, id="opt-out"),
    pytest.param("notice", {"analytics.js", "marketing.js", "video.html"}, True, id="notice"),
    pytest.param("off", {"analytics.js", "marketing.js", "video.html"}, False, id="off"),
]


@pytest.mark.parametrize(("mode", "running", "is_asked"), MODES)
def test_a_region_says_what_runs_before_a_choice(
    page: Page, make_product: MakeProduct, mode: str, running: set[str], is_asked: bool
) -> None:
    product = make_product(banner={"modes": {"default": mode}})

    page.goto(product.url)
    page.locator("#cs-notice" if is_asked else "#cs-reopen").wait_for()
    page.wait_for_load_state("networkidle")

    settle(page)
    assert set(product.gated_requests()) == running


def test_refusing_ends_what_ran_before_the_choice(page: Page, make_product: MakeProduct) -> None:
    product = make_product(banner={"modes": {"default": "opt_out"}})
    product.open(page)
    expect(page.frame_locator("main iframe").get_by_text("film")).to_be_visible()

    choose_and_record(page, "necessary")

    expect(page.frame_locator("main iframe").get_by_text("film")).to_have_count(0)
    [row] = product.rows()
    assert row["action"] == "refuse_all"


BY_DO_NOT_TRACK = "Object.defineProperty(navigator, 'doNotTrack', { value: '1' })"


@pytest.mark.parametrize("way", ["header", "property"])
@pytest.mark.parametrize("heeds", [True, False], ids=["heeded", "not heeded"])
def test_do_not_track_counts_the_same_where_a_site_heeds_it(
    make_context: MakeContext, make_product: MakeProduct, way: str, heeds: bool
) -> None:
    product = make_product(banner={"dnt": heeds})
    page = make_context(extra_http_headers={"DNT": "1"} if way == "header" else {}).new_page()
    if way == "property":
        page.add_init_script(BY_DO_NOT_TRACK)

    notice = product.open(page)

    expect(notice.get_by_text(LINE)).to_have_count(1 if heeds else 0)
    assert page.evaluate("ConsentBanner.getUserPreferences().rejectedCategories.length") == 3
    assert stored_action(page.context) == ("gpc" if heeds else None)
