"""Withdrawal takes away what refused services stored, wherever on the site's domains it lies."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from support.browser import wait_until
from support.gated_page import (
    NOTICE,
    MakeProduct,
    Product,
    choose,
    choose_and_record,
    cookies,
    write_notice,
)
from support.product_page import ProductPages
from support.service import Service

HOST = "a.b.example.co.uk"
NAMES = {"pulse": ["_pulse", "_pulse_*"]}
SERVICES = [
    service | ({"names": NAMES[service["key"]]} if service["key"] in NAMES else {})
    for service in NOTICE["services"]
]


@pytest.fixture
def british_product(
    standing_service: Service, standing_pages: ProductPages, tmp_path: Path
) -> Product:
    """A product three labels below a public suffix of two."""
    notice = write_notice(tmp_path / "notice.json", NOTICE | {"services": SERVICES})
    origin = standing_pages.origin.replace("localhost", HOST)
    key = standing_service.add_site(origin, notice=str(notice))
    return Product(standing_service, standing_pages, key, standing_service.tag)


def test_withdrawal_leaves_none_of_four_cookie_scopes(page: Page, british_product: Product) -> None:
    page.goto(british_product.url.replace("localhost", HOST) + "deep/page")
    british_product.add_page("deep/page", "")
    page.goto(british_product.url.replace("localhost", HOST) + "deep/page")
    choose_and_record(page, "all")
    page.evaluate(
        """() => {
          const folder = location.pathname.replace(/page$/, '')
          for (const host of ['', 'a.b.example.co.uk', 'b.example.co.uk', 'example.co.uk']) {
            const scope = host && `;domain=${host}`
            document.cookie = `_pulse_${scope.length}=1;path=/${scope}`
          }
          document.cookie = `_pulse=1;path=${folder}`
          document.cookie = 'theirs=1;path=/'
        }"""
    )
    assert sum(name.startswith("_pulse") for name in cookies(page.context)) == 5

    page.evaluate("ConsentBanner.withdraw()")

    left = set(cookies(page.context))
    assert not {name for name in left if name.startswith("_pulse")}
    assert "theirs" in left


def test_both_storages_lose_the_keys_of_a_refused_service_and_keep_the_others(
    page: Page, make_product: MakeProduct
) -> None:
    product = make_product(services=SERVICES)
    product.open(page)
    choose_and_record(page, "all")
    page.evaluate(
        """() => {
          for (const storage of [localStorage, sessionStorage]) {
            storage._pulse_a = storage.cart = '1'
          }
        }"""
    )

    page.evaluate("ConsentBanner.refuseAll()")

    keys = page.evaluate("[Object.keys(localStorage), Object.keys(sessionStorage)]")
    assert ["cart" in found for found in keys] == [True, True]
    assert not any("_pulse_a" in found for found in keys)


def test_what_a_service_writes_late_is_gone_on_the_next_page(
    page: Page, make_product: MakeProduct
) -> None:
    product = make_product(services=SERVICES)
    product.open(page)
    choose(page, "necessary")
    page.evaluate("document.cookie = '_pulse_late=1;path=/'")

    page.goto(product.url)
    page.locator("#cs-reopen").wait_for()

    assert "_pulse_late" not in cookies(page.context)


@pytest.mark.parametrize("wants_reload", [True, False])
def test_the_page_is_loaded_anew_only_if_the_site_asks_for_it(
    page: Page, make_product: MakeProduct, wants_reload: bool
) -> None:
    product = make_product(services=SERVICES, banner={"reload": wants_reload})
    product.open(page)
    choose_and_record(page, "all")
    page.evaluate("window.isTheSamePage = true")

    with page.expect_response("**/v1/consents"):
        page.evaluate("ConsentBanner.withdraw()")

    if wants_reload:
        wait_until(page, "!window.isTheSamePage")
    expect(page.locator("#cs-reopen")).to_be_visible()
    assert page.evaluate("window.isTheSamePage === true") is not wants_reload


def test_names_of_cookies_are_part_of_what_was_shown(make_product: MakeProduct) -> None:
    product = make_product(services=SERVICES)

    shown = {service["key"]: service for service in product.config()["services"]}

    assert shown["pulse"]["names"] == NAMES["pulse"]
