"""One choice for all subdomains, and a jar with several cookies of our name."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from support.gated_page import (
    OURS,
    Product,
    choose_and_record,
    open_site,
    settle,
    stored_action,
)
from support.product_page import ProductPages
from support.service import Service

_JAR = "cs => document.cookie.split('; ').filter((one) => one.startsWith(`${cs}=`)).length"


def product_on(
    host: str, service: Service, pages: ProductPages, folder: Path, *, root: bool = True
) -> Product:
    """A product of a site that wants one choice for the whole domain."""

    class Pages(ProductPages):
        origin = pages.origin.replace("localhost", host)

        def __init__(self) -> None:
            self.pages, self.headers, self.requests = pages.pages, pages.headers, pages.requests

    there = Pages()
    site = open_site(service, there, folder, banner={"root_domain": root})
    return Product(service, there, *site)


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        pytest.param("a.b.example.co.uk", ".example.co.uk", id="co.uk"),
        pytest.param("shop.example.co.kr", ".example.co.kr", id="co.kr"),
        pytest.param("localhost", "localhost", id="localhost"),
        pytest.param("127.0.0.1", "127.0.0.1", id="an address"),
    ],
)
def test_the_choice_goes_to_the_shortest_domain_that_the_browser_allows(
    page: Page,
    standing_service: Service,
    standing_pages: ProductPages,
    tmp_path: Path,
    host: str,
    domain: str,
) -> None:
    product = product_on(host, standing_service, standing_pages, tmp_path)
    product.open(page)

    choose_and_record(page, "all")

    jar = page.context.cookies()
    assert [cookie["domain"] for cookie in jar if cookie["name"] == OURS] == [domain]
    assert [cookie["name"] for cookie in jar if cookie["name"] == "cs_probe"] == []


def test_a_choice_on_one_subdomain_holds_on_another(
    page: Page, standing_service: Service, standing_pages: ProductPages, tmp_path: Path
) -> None:
    product = product_on("a.example.co.kr", standing_service, standing_pages, tmp_path)
    product.open(page)
    choose_and_record(page, "all")

    page.goto(product.url.replace("a.example", "b.example"))

    expect(page.locator("#cs-reopen")).to_be_visible()
    assert page.evaluate("ConsentBanner.acceptedCategory('marketing')") is True


def test_of_two_cookies_of_one_name_the_newest_wins_and_stays_alone(
    page: Page, product: Product
) -> None:
    product.open(page)
    choose_and_record(page, "necessary")
    refused = page.evaluate("document.cookie").split("=", 1)[1]
    older = refused.split(".")
    older[2], older[4] = "0" + older[2][1:], base36(int(time.time()) - 3600)
    path = product.path_of()[:-1]  # the longer path comes first in the jar
    page.evaluate(
        "([name, value, path]) => { document.cookie = `${name}=${value};path=${path}` }",
        [OURS, ".".join(older), path],
    )
    assert page.evaluate(_JAR, OURS) == 2

    page.reload()
    expect(page.locator("#cs-reopen")).to_be_visible()
    page.wait_for_function(f"({_JAR})('{OURS}') === 1")

    settle(page)
    assert stored_action(page.context) == "refuse_all"
    assert product.gated_requests() == {}


def base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return digits
