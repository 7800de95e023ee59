"""Filter lists: none hides us by name; a page whose notice is hidden is free and undecided.

tests/vectors/easylist_cookie.json holds the rules of EasyList Cookie that come near our names.
"""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Page, expect

from support.gated_page import GATED, Product, choose, optional_cookies, our_cookie, settle
from support.layers import LAYERS, Layer
from support.prepared import ROOT

LIST = json.loads((ROOT / "tests" / "vectors" / "easylist_cookie.json").read_text())
SCRIPTS = [ROOT / "static" / "embed.js", *(ROOT / "static" / "parts").glob("*.js")]
_NAME = re.compile(r"\bcs-[a-z0-9_-]*[a-z0-9]")
_TALL = (
    "<button onclick=\"this.textContent = 'bought'\">Buy</button>"
    '<p style="height: 3000px">Every take in one click.</p><a href="#top">Up</a>'
)


def names_of_ours() -> set[str]:
    """Returns every id and class in what the pages load, and the custom properties with them."""
    return {name for script in SCRIPTS for name in _NAME.findall(script.read_text())}


def test_no_rule_of_easylist_cookie_names_an_id_or_class_of_ours() -> None:
    named = {selector[1:] for selector in LIST["selectors"] if selector[0] in "#."}

    assert {"cs-root", "cs-notice", "cs-card", "cs-preferences", "cs-question"} <= names_of_ours()
    assert names_of_ours() & named == set()


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.__name__)
def test_no_rule_of_easylist_cookie_finds_anything_on_the_page(
    page: Page, product: Product, layer: Layer
) -> None:
    product.open(page)
    shown = layer(page)

    found = page.evaluate(
        "(rules) => rules.filter((rule) => document.querySelector(rule))", LIST["selectors"]
    )

    expect(page.locator(shown)).to_be_visible()
    assert found == []


@pytest.mark.parametrize("rule", ["#cs-root", "#cs-notice", ".cs-card", "[role=region]"])
def test_a_page_whose_notice_is_hidden_scrolls_and_clicks_and_grants_nothing(
    page: Page, product: Product, rule: str
) -> None:
    hidden = f"<style>{rule} {{ display: none !important }}</style>"
    page.goto(product.add_page("", GATED + _TALL, head=hidden))
    page.locator("#cs-notice").wait_for(state="attached")

    page.get_by_role("button", name="Buy").click()
    page.mouse.wheel(0, 900)

    expect(page.get_by_role("button", name="bought")).to_have_count(1)
    page.wait_for_function("scrollY > 0")
    settle(page)
    assert product.gated_requests() == {}
    assert optional_cookies(page.context) == set()
    assert our_cookie(page.context) is None
    assert page.evaluate("[ConsentBanner.validConsent(), ConsentBanner.getCookie()]") == [False, {}]


def test_a_hidden_notice_takes_no_place_in_the_tab_order(page: Page, product: Product) -> None:
    hidden = "<style>#cs-root { display: none !important }</style>"
    page.goto(product.add_page("", _TALL, head=hidden))
    page.locator("#cs-notice").wait_for(state="attached")

    page.keyboard.press("Tab")

    expect(page.get_by_role("button", name="Buy")).to_be_focused()


def test_a_hidden_question_leaves_its_service_refused(page: Page, product: Product) -> None:
    hidden = "<style>#cs-question { display: none !important }</style>"
    product.add_page("", GATED + _TALL, head=hidden)
    product.open(page)

    choose(page, "ask")
    page.locator("#cs-question").wait_for(state="attached")

    page.get_by_role("button", name="Buy").click()
    settle(page)
    assert product.gated_requests() == {}
