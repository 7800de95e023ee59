"""Consent robots find our refusal by themselves: DuckDuckGo's autoconsent, with no rule for us.

Its heuristics look for words and visible buttons in the light document, as a visitor would. The
control proves that the test can fail: with another word on the button the robot stays out.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from support.gated_page import (
    GATED,
    NOTICE,
    MakeProduct,
    Product,
    body_of,
    open_site,
    optional_cookies,
    our_cookie,
    settle,
    stored_action,
)
from support.product_page import ProductPages
from support.robots import ACTIONABLE, keep_changing, report, send_robot, wait_until_it_gives_up
from support.service import Service


@pytest.fixture(scope="module")
def polyglot(
    standing_service: Service,
    standing_pages: ProductPages,
    tmp_path_factory: pytest.TempPathFactory,
) -> Product:
    """A product with one page in each language that the robot reads."""
    said = {"stores": "id", "keeps": "30 d"}
    services = [
        service | {key: dict.fromkeys(ACTIONABLE, value) for key, value in said.items()}
        for service in NOTICE["services"]
    ]
    folder = tmp_path_factory.mktemp("polyglot")
    languages = list(ACTIONABLE)
    site = open_site(
        standing_service, standing_pages, folder, languages=languages, services=services
    )
    product = Product(standing_service, standing_pages, *site)
    for language in languages:
        product.add_page(language, GATED, lang=language)
    return product


def test_a_robot_that_does_not_know_us_refuses_for_the_visitor(
    page: Page, own_product: Product
) -> None:
    send_robot(page)

    page.goto(own_product.url)
    keep_changing(page)

    assert report(page, "popupFound")["cmp"] == "HEURISTIC-REJECT"
    assert report(page, "optOutResult")["result"] is True
    assert report(page, "autoconsentDone")["totalClicks"] == 1
    page.evaluate("autoconsentReceiveMessage({ type: 'selfTest' })")
    assert report(page, "selfTestResult")["result"] is True

    expect(page.locator("#cs-notice")).to_have_count(0)
    settle(page)
    assert stored_action(page.context) == "refuse_all"
    assert (own_product.gated_requests(), optional_cookies(page.context)) == ({}, set())
    [row] = own_product.rows()
    assert (row["action"], row["trusted"], row["layer"]) == ("refuse_all", False, "notice")
    assert not any(row["decisions"].values())


@pytest.mark.parametrize("language", ACTIONABLE)
def test_the_robot_refuses_in_every_language_that_it_reads(
    page: Page, polyglot: Product, language: str
) -> None:
    send_robot(page)

    with page.expect_request("**/v1/consents") as sent:
        page.goto(polyglot.url_of(language))
        keep_changing(page)

    said = body_of(sent.value)
    assert report(page, "popupFound")["cmp"] == "HEURISTIC-REJECT"
    assert (said["language"], said["action"], said["trusted"]) == (language, "refuse_all", False)
    assert not any(said["decisions"].values())


def test_the_same_robot_finds_no_refusal_under_another_word(
    page: Page, make_product: MakeProduct
) -> None:
    product = make_product(texts={"en": {"refuse_all": "Maybe later"}})
    send_robot(page)

    notice = product.open(page)
    keep_changing(page)
    wait_until_it_gives_up(page)

    expect(notice.get_by_role("button", name="Maybe later")).to_be_visible()
    assert our_cookie(page.context) is None
    assert page.evaluate("window.reports.filter(({ type }) => type === 'popupFound')") == []
