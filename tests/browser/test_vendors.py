"""What Google, Microsoft, Meta and TikTok tags on the page are told, and in which order."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from support.gated_page import MakeProduct, Product, choose

SIGNALS = {
    "ad_storage": "marketing",
    "ad_user_data": "marketing",
    "ad_personalization": "marketing",
    "analytics_storage": "analytics",
    "functionality_storage": "functional",
    "personalization_storage": "functional",
}
DENIED = dict.fromkeys(SIGNALS, "denied") | {"security_storage": "granted"}
GRANTED = dict.fromkeys(DENIED, "granted")
_PLAIN = "[...(window.dataLayer ?? [])].map((words) => words.length ? [...words] : words)"


def pushed(page: Page) -> list[Any]:
    """Returns everything in Google's queue, arguments objects as lists."""
    found: list[Any] = page.evaluate(_PLAIN)
    return found


def said(page: Page, verb: str) -> list[dict[str, Any]]:
    """Returns what was said with `gtag('consent', verb, ...)`, oldest first."""
    calls = [words for words in pushed(page) if isinstance(words, list)]
    return [words[2] for words in calls if words[:2] == ["consent", verb]]


def test_google_hears_seven_defaults_before_any_tag_below_ours(
    page: Page, product: Product
) -> None:
    below = "<script>dataLayer.push({ below: 1 })</script>"
    product.add_page("", below, tag=product.tag.replace(" async", ""))

    product.open(page)

    first, *_ = pushed(page)
    assert first == ["consent", "default", DENIED | {"wait_for_update": 500}]
    assert pushed(page).index({"below": 1}) > 0
    assert said(page, "update") == []


def test_a_tag_above_ours_stays_above(page: Page, product: Product) -> None:
    above = "<script>window.dataLayer = [{ above: 1 }]</script>"
    product.add_page("", "", head=above)

    product.open(page)

    assert pushed(page)[0] == {"above": 1}
    assert said(page, "default") == [DENIED | {"wait_for_update": 500}]


def test_google_hears_one_update_per_change(page: Page, product: Product) -> None:
    product.open(page)

    choose(page, "all")
    page.evaluate("ConsentBanner.acceptCategory(['analytics'])")
    page.evaluate("ConsentBanner.withdraw()")

    only_analytics = DENIED | {"analytics_storage": "granted"}
    assert said(page, "update") == [GRANTED, only_analytics, DENIED]
    events = [words for words in pushed(page) if isinstance(words, dict)]
    assert [event["event"] for event in events] == ["consent_update"] * 3
    assert events[1]["consent_purposes"] == ["necessary", "analytics"]


def test_google_hears_the_stored_choice_on_the_next_page(page: Page, product: Product) -> None:
    product.open(page)
    choose(page, "all")

    page.goto(product.url)
    page.locator("#cs-reopen").wait_for()

    assert said(page, "default") == [DENIED | {"wait_for_update": 500}]
    assert said(page, "update") == [GRANTED]


def test_regions_and_switches_of_google_come_from_the_settings(
    page: Page, make_product: MakeProduct
) -> None:
    google = {
        "wait_milliseconds": 2000,
        "url_passthrough": True,
        "regions": [{"regions": ["US", "KR-11"], "granted": ["analytics_storage"]}],
    }
    product = make_product(banner={"google": google})

    product.open(page)

    everywhere, there = said(page, "default")
    assert everywhere["wait_for_update"] == there["wait_for_update"] == 2000
    assert there["region"] == ["US", "KR-11"]
    assert (there["analytics_storage"], there["ad_storage"]) == ("granted", "denied")
    assert ["set", "ads_data_redaction", True] in pushed(page)
    assert ["set", "url_passthrough", True] in pushed(page)


def test_a_site_without_google_has_nothing_of_it(page: Page, make_product: MakeProduct) -> None:
    product = make_product(banner={"google": None})

    product.open(page)
    choose(page, "all")

    assert page.evaluate("window.dataLayer ?? null") is None
    _, script = product.service.get(f"/embed/{product.site_key}.js")
    assert b"ad_user_data" not in script


UET = "[...uetq]"
CLARITY = "clarity.q.map((words) => [...words])"
META = "fbq.queue.map((words) => [...words])"
META_SNIPPET = """<script>
  !function(f,n){n=f.fbq=function(){n.queue.push(arguments)};n.queue=[]}(window)
  fbq('init', '1'); fbq('track', 'PageView')
</script>"""
VENDORS = [
    pytest.param(
        "uet",
        "",
        UET,
        ["consent", "default", {"ad_storage": "denied"}],
        ["consent", "update", {"ad_storage": "granted"}],
        id="Microsoft UET",
    ),
    pytest.param(
        "clarity",
        "",
        CLARITY,
        [["consentv2", {"ad_Storage": "denied", "analytics_Storage": "denied"}]],
        [["consentv2", {"ad_Storage": "granted", "analytics_Storage": "granted"}]],
        id="Microsoft Clarity",
    ),
    pytest.param(
        "meta",
        META_SNIPPET,
        META,
        [["consent", "revoke"], ["init", "1"], ["track", "PageView"]],
        [["consent", "grant"]],
        id="Meta",
    ),
    pytest.param("tiktok", "", "[...ttq]", [["holdConsent"]], [["grantConsent"]], id="TikTok"),
]


@pytest.mark.parametrize(("vendor", "below", "queue", "at_first", "then"), VENDORS)
def test_a_vendor_hears_the_state_and_the_change(
    page: Page,
    make_product: MakeProduct,
    vendor: str,
    below: str,
    queue: str,
    at_first: list[Any],
    then: list[Any],
) -> None:
    product = make_product(banner={vendor: True})
    product.add_page("", below, tag=product.tag.replace(" async", ""))

    product.open(page)
    before = page.evaluate(queue)
    choose(page, "all")
    after = page.evaluate(queue)

    assert before == at_first
    assert after == at_first + then


@pytest.mark.parametrize("vendor", ["uet", "clarity", "meta", "tiktok"])
def test_a_vendor_that_is_not_configured_is_not_in_the_script(
    make_product: MakeProduct, vendor: str
) -> None:
    with_it, without = make_product(banner={vendor: True}), make_product()

    scripts = [one.service.get(f"/embed/{one.site_key}.js")[1] for one in (with_it, without)]

    word = {"uet": b"uetq", "clarity": b"consentv2", "meta": b"fbq", "tiktok": b"holdConsent"}
    assert [word[vendor] in script for script in scripts] == [True, False]
