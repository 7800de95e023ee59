"""Automatic blocking: whichever way a third party comes onto the page, it waits for its grant."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from support.browser import wait_until
from support.gated_page import (
    NOTICE,
    MakeProduct,
    Product,
    choose,
    choose_and_record,
    cookies,
    open_site,
    settle,
)
from support.product_page import ProductPages
from support.service import Service

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


@pytest.fixture(scope="module")
def blocking_site(
    standing_service: Service,
    standing_pages: ProductPages,
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[str, str]:
    """Key and tag of a site whose banner holds back the host of one service by itself."""
    folder = tmp_path_factory.mktemp("blocking")
    return open_site(
        standing_service, standing_pages, folder, banner={"blocking": True}, services=SERVICES
    )


@pytest.fixture
def blocking_product(
    standing_service: Service, standing_pages: ProductPages, blocking_site: tuple[str, str]
) -> Product:
    """A product page of that site."""
    return Product(standing_service, standing_pages, *blocking_site)


def third_party(product: Product, name: str) -> str:
    """Returns an address on the third party's host, which is this test's own server."""
    return product.url_of(name).replace("localhost", HOST)


def page_that(product: Product, *doings: str) -> None:
    """Makes a page that does each of these with a U of its own, the third party's third-N.js."""
    scripts = []
    for number, code in enumerate(doings):
        name = f"third-{number}.js"
        product.add_file(name, f"(window.thirdRan ??= []).push({number})")
        scripts.append(f"<script>{{ const U = '{third_party(product, name)}'; {code} }}</script>")
    product.add_file("js/analytics.min.js", "window.ownRan = true")
    own = f'<script src="{product.url_of("js/analytics.min.js")}"></script>'
    product.add_page("", own + "".join(scripts), tag=product.tag.replace(" async", ""))


def requests_by_way(product: Product, ways: Iterable[str]) -> dict[str, int]:
    """Returns how often each way reached the third party; ways that did not are left out."""
    counts = {way: product.asked_for(f"third-{number}.js") for number, way in enumerate(ways)}
    return {way: count for way, count in counts.items() if count}


def test_nothing_of_a_refused_host_is_requested_whichever_way(
    page: Page, blocking_product: Product
) -> None:
    page_that(blocking_product, *WAYS.values())

    blocking_product.open(page)
    choose_and_record(page, "necessary")
    settle(page)
    page.wait_for_load_state("networkidle")

    assert requests_by_way(blocking_product, WAYS) == {}
    assert page.evaluate("window.ownRan"), "a file of the page's own must run"


def test_the_same_page_without_blocking_does_request_it_each_way(
    page: Page, make_product: MakeProduct
) -> None:
    product = make_product(services=SERVICES)
    page_that(product, *WAYS.values())

    product.open(page)
    page.wait_for_load_state("networkidle")

    assert requests_by_way(product, WAYS).keys() == WAYS.keys()


def test_a_script_of_the_parser_waits_too(page: Page, blocking_product: Product) -> None:
    page_that(blocking_product, "")
    tag = f'<script src="{third_party(blocking_product, "third-0.js")}"></script>'
    blocking_product.add_page("parser", tag, tag=blocking_product.tag.replace(" async", ""))

    blocking_product.open(page, "parser")
    settle(page)
    page.wait_for_load_state("networkidle")

    assert page.evaluate("window.thirdRan ?? false") is False


def test_a_grant_lets_what_waited_run_once(page: Page, blocking_product: Product) -> None:
    ways = ["the src property", "setAttribute", "createContextualFragment", "document.write"]
    page_that(blocking_product, *(WAYS[way] for way in ways))
    blocking_product.open(page)

    choose(page, "all")

    wait_until(page, f"window.thirdRan?.length >= {len(ways)}")
    assert requests_by_way(blocking_product, ways) == dict.fromkeys(ways, 1)


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

    wait_until(page, "window.heard")


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
