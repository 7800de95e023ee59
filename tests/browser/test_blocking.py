"""Automatic blocking: whichever way a third party comes onto the page, it waits for its grant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from support.gated_page import (
    NOTICE,
    MakeProduct,
    Product,
    choose,
    choose_and_record,
    cookies,
    settle,
)

HOST = "metrics.example.co.uk"
SERVICES = [
    service | ({"hosts": [HOST], "names": ["_pulse*"]} if service["key"] == "pulse" else {})
    for service in NOTICE["services"]
]
WAYS = {
    "the src property": "const s = document.createElement('script'); s.src = U;"
    " document.body.append(s)",
    "setAttribute": "const s = document.createElement('script'); s.setAttribute('src', U);"
    " document.body.append(s)",
    "createElementNS": "const s = document.createElementNS('http://www.w3.org/1999/xhtml',"
    " 'script'); s.setAttributeNS(null, 'src', U); document.body.appendChild(s)",
    "createContextualFragment": "document.body.append(document.createRange()"
    ".createContextualFragment(`<script src='${U}'></scr` + 'ipt>'))",
    "innerHTML": "document.querySelector('main').innerHTML = `<img src='${U}'>`",
    "an iframe in innerHTML": "document.querySelector('main').innerHTML ="
    " `<iframe src='${U}'></iframe>`",
    "insertAdjacentHTML": "document.body.insertAdjacentHTML('beforeend', `<img src='${U}'>`)",
    "document.write": "document.write(`<script src='${U}'></scr` + 'ipt>')",
    "cloneNode": "const s = document.createElement('script'); s.src = U;"
    " document.body.append(s.cloneNode())",
    "a cloned template": "const t = document.createElement('template');"
    " t.innerHTML = `<iframe src='${U}'></iframe>`;"
    " document.body.append(t.content.cloneNode(true))",
    "importNode": "const s = document.createElement('script'); s.src = U;"
    " document.body.append(document.importNode(s))",
    "insertBefore": "const s = document.createElement('script'); s.async = true; s.src = U;"
    " const f = document.getElementsByTagName('script')[0]; f.parentNode.insertBefore(s, f)",
    "an image object": "new Image().src = U",
    "an image's srcset": "new Image().srcset = `${U} 2x`",
    "fetch": "fetch(U).catch(() => { window.refused = true })",
    "XMLHttpRequest": "const x = new XMLHttpRequest(); x.open('GET', U);"
    " x.onerror = () => { window.refused = true }; x.send()",
    "sendBeacon": "navigator.sendBeacon(U, 'x')",
}


@pytest.fixture
def blocking_product(make_product: MakeProduct) -> Product:
    """A product whose banner holds back the host of one service by itself."""
    return make_product(services=SERVICES, banner={"blocking": True})


def third_party(product: Product) -> str:
    """Returns an address on the third party's host, which is this test's own server."""
    return product.url_of("third.js").replace("localhost", HOST)


def page_that(product: Product, code: str) -> None:
    product.add_file("third.js", "window.thirdRan = true")
    product.add_file("js/analytics.min.js", "window.ownRan = true")
    own = f'<script src="{product.url_of("js/analytics.min.js")}"></script>'
    doing = f"<script>const U = '{third_party(product)}'; {code}</script>"
    product.add_page("", own + doing, tag=product.tag.replace(" async", ""))


@pytest.mark.parametrize("way", WAYS)
def test_nothing_of_a_refused_host_is_requested(
    page: Page, blocking_product: Product, way: str
) -> None:
    page_that(blocking_product, WAYS[way])

    blocking_product.open(page)
    page.wait_for_load_state("networkidle")
    choose_and_record(page, "necessary")
    settle(page)

    assert blocking_product.asked_for("third.js") == 0
    assert page.evaluate("window.ownRan"), "a file of the page's own must run"


@pytest.mark.parametrize("way", WAYS)
def test_the_same_page_without_blocking_does_request_it(
    page: Page, make_product: MakeProduct, way: str
) -> None:
    product = make_product(services=SERVICES)
    page_that(product, WAYS[way])

    with page.expect_request(third_party(product)):
        page.goto(product.url)


def test_a_script_of_the_parser_waits_too(page: Page, blocking_product: Product) -> None:
    page_that(blocking_product, "")
    tag = f'<script src="{third_party(blocking_product)}"></script>'
    blocking_product.add_page("parser", tag, tag=blocking_product.tag.replace(" async", ""))

    blocking_product.open(page, "parser")
    page.wait_for_load_state("networkidle")
    settle(page)

    assert page.evaluate("window.thirdRan ?? false") is False


@pytest.mark.parametrize(
    "way", ["the src property", "setAttribute", "createContextualFragment", "document.write"]
)
def test_a_grant_lets_what_waited_run(page: Page, blocking_product: Product, way: str) -> None:
    page_that(blocking_product, WAYS[way])
    blocking_product.open(page)

    choose(page, "all")

    page.wait_for_function("window.thirdRan")
    assert blocking_product.asked_for("third.js") == 1


def test_the_loader_of_a_held_script_hears_when_it_has_loaded(
    page: Page, blocking_product: Product
) -> None:
    page_that(
        blocking_product,
        "const s = document.createElement('script'); s.src = U;"
        " s.onload = () => { window.heard = true }; document.body.append(s)",
    )
    blocking_product.open(page)

    choose(page, "all")

    page.wait_for_function("window.heard")


WRITES: list[Any] = [
    pytest.param("document.cookie = '_pulse_id=1;path=/'", id="a cookie"),
    pytest.param("window.cookieStore && cookieStore.set('_pulse_id', '1')", id="the cookie store"),
    pytest.param("localStorage.setItem('_pulse_id', '1')", id="the local storage"),
    pytest.param("sessionStorage.setItem('_pulse_id', '1')", id="the session storage"),
]


@pytest.mark.parametrize("write", WRITES)
def test_a_refused_service_writes_nothing(
    page: Page, blocking_product: Product, write: str, tmp_path: Path
) -> None:
    page_that(blocking_product, "")
    blocking_product.open(page)

    page.evaluate(f"async () => {{ await ({write}) }}")
    page.evaluate("document.cookie = 'own=1;path=/'")

    assert "_pulse_id" not in cookies(page.context)
    assert "own" in cookies(page.context)
    keys = page.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)]")
    assert "_pulse_id" not in keys


def test_markup_without_a_held_host_is_left_exactly_as_it_is(
    page: Page, blocking_product: Product
) -> None:
    page_that(blocking_product, "")
    blocking_product.open(page)
    html = "<p onclick=x>a<br><img src=/x.png alt='1 & 2'><svg><script>1</script></svg></p>"

    touched = page.evaluate(
        """(html) => {
          const plain = document.createElement('iframe')
          document.body.append(plain)
          const [ours, theirs] = [document, plain.contentDocument].map((of) => {
            const made = of.createElement('div')
            made.innerHTML = html
            return made.innerHTML
          })
          return ours === theirs
        }""",
        html,
    )

    assert touched is True
