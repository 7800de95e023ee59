"""Two tabs of one browser stand for one visitor."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from support.browser import wait_until
from support.gated_page import Product, choose, choose_and_record, settle

_END_ALL_TIMERS = """() => {
  for (let timer = setTimeout(() => {}); timer > 0; timer--) clearTimeout(timer)
  window.setTimeout = window.setInterval = () => 0
}"""


def test_a_choice_in_one_tab_hides_the_notice_in_the_other_and_is_one_record(
    page: Page, own_product: Product
) -> None:
    other = page.context.new_page()
    own_product.open(page)
    own_product.open(other)

    choose_and_record(page, "all")

    expect(other.locator("#cs-notice")).to_have_count(0)
    settle(other)
    assert other.evaluate("ConsentBanner.validConsent()")
    expect(other.frame_locator("main iframe").get_by_text("film")).to_be_visible()
    assert len(own_product.rows()) == 1


def test_the_other_tab_hears_of_it_without_looking_again(page: Page, product: Product) -> None:
    other = page.context.new_page()
    product.open(page)
    product.open(other)
    other.evaluate("void ConsentBanner.on('first', () => { window.hasHeard = true })")
    other.evaluate(
        "void dispatchEvent(new Event('pagehide'))"
    )  # what waits for the paint comes now

    other.evaluate(_END_ALL_TIMERS)
    page.evaluate("ConsentBanner.acceptAll()")

    wait_until(other, "window.hasHeard")


def test_a_refusal_in_one_tab_ends_what_runs_in_the_other(page: Page, product: Product) -> None:
    product.open(page)
    choose_and_record(page, "all")
    other = page.context.new_page()
    other.goto(product.url)
    expect(other.frame_locator("main iframe").get_by_text("film")).to_be_visible()

    page.evaluate("ConsentBanner.refuseAll()")

    expect(other.frame_locator("main iframe").get_by_text("film")).to_have_count(0)


def test_a_page_from_the_back_forward_cache_follows_what_was_decided_meanwhile(
    page: Page, product: Product
) -> None:
    product.add_page("next", "")
    product.open(page)
    page.goto(product.url_of("next"))
    page.locator("#cs-notice").wait_for()
    choose(page, "necessary")

    page.go_back()

    expect(page.locator("#cs-reopen")).to_be_visible()
    expect(page.locator("#cs-notice")).to_have_count(0)
