"""The npm package on pages made with React and with Vue: the same stories in both."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from support.gated_page import Product, choose
from support.prepared import ROOT, Prepared

BANNER = ROOT / "banner"
ALL = "necessary functional analytics marketing chatwren pulse adlantern reelbrook"


@pytest.fixture(scope="session")
def built_pages(prepared: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the bundled pages."""
    folder = tmp_path_factory.mktemp("package")
    run_script(prepared, "pages", str(folder))
    return folder


@pytest.fixture(params=["react", "vue"])
def app(product: Product, built_pages: Path, request: pytest.FixtureRequest) -> Product:
    """A product of two routes in one page, which loads the banner by the package."""
    mount(product, built_pages / f"{request.param}.js")
    return product


def run_script(prepared: Prepared, name: str, *words: str) -> str:
    """Runs a script of banner/package.json; returns what it prints."""
    command = [*prepared.npm, "run", "--silent", name, "--", *words]
    return subprocess.run(command, cwd=BANNER, capture_output=True, text=True, check=True).stdout


def mount(product: Product, code: Path, *, tag: str = "") -> None:
    """Makes the first page one that the bundled code draws. tag: the banner's, if it has one."""
    where = f"data-server='{product.service.url}' data-site-key='{product.site_key}'"
    product.add_file("app.js", code.read_text("utf-8"))
    product.add_page(
        "",
        f"<div id='app' {where}></div><script type='module' src='app.js'></script>",
        tag=tag,
    )


def expect_state(page: Page, words: str) -> None:
    """Waits until the page shows these purposes and services."""
    expect(page.locator("#state")).to_have_text(words)


def press(page: Page, name: str) -> None:
    """Presses a button of the product."""
    page.get_by_role("button", name=name, exact=True).click()


def test_a_component_shows_the_state_before_and_after_a_choice(page: Page, app: Product) -> None:
    app.open(page)
    expect_state(page, "necessary")

    choose(page, "all")

    expect_state(page, ALL)
    page.reload()
    expect_state(page, ALL)


def test_what_is_gated_appears_when_granted_and_goes_when_taken_back(
    page: Page, app: Product
) -> None:
    app.open(page)
    expect(page.get_by_text("Not counted")).to_be_visible()
    assert app.asked_for("analytics.js") == 0

    choose(page, "all")

    expect(page.get_by_text("Counted", exact=True)).to_be_visible()

    page.evaluate("ConsentBanner.withdraw()")

    expect(page.get_by_text("Not counted")).to_be_visible()
    expect(page.get_by_text("Counted", exact=True)).to_have_count(0)


def test_a_frame_on_a_route_that_comes_later_waits_for_its_purpose(
    page: Page, app: Product
) -> None:
    app.open(page)

    press(page, "Tour")
    expect(page.locator("section").get_by_text("Reelbrook")).to_be_visible()
    assert page.url == app.url_of("tour")
    assert app.asked_for("video.html") == 0
    choose(page, "all")

    expect(page.frame_locator("section iframe").get_by_text("film")).to_be_visible()
    press(page, "Start")
    expect(page.locator("section")).to_have_count(0)
    page.go_back()
    expect(page.frame_locator("section iframe").get_by_text("film")).to_be_visible()


def test_a_frame_that_was_taken_back_on_another_route_stays_away(page: Page, app: Product) -> None:
    app.open(page)
    press(page, "Tour")
    choose(page, "all")
    expect(page.frame_locator("section iframe").get_by_text("film")).to_be_visible()
    press(page, "Start")

    press(page, "Refuse")
    press(page, "Tour")

    expect(page.locator("section").get_by_text("Reelbrook")).to_be_visible()
    assert page.locator("section iframe").get_attribute("src") is None


def test_a_component_allows_beside_what_is_allowed_and_refuses_all(
    page: Page, app: Product
) -> None:
    app.open(page)

    press(page, "Allow statistics")
    expect_state(page, "necessary analytics pulse")
    press(page, "Allow marketing")
    expect_state(page, "necessary analytics marketing pulse adlantern reelbrook")
    press(page, "Refuse")

    expect_state(page, "necessary")


def test_a_component_opens_the_preferences(page: Page, app: Product) -> None:
    app.open(page)

    press(page, "Choose")

    expect(page.get_by_role("dialog")).to_be_visible()


def test_a_press_before_the_banner_is_here_counts_beside_the_stored_choice(
    page: Page, app: Product
) -> None:
    app.open(page)
    press(page, "Allow statistics")
    expect_state(page, "necessary analytics pulse")
    held: list[Route] = []
    page.route("**/embed/*.js", lambda route: held.append(route))
    with page.expect_request("**/embed/*.js"):
        page.reload(wait_until="commit")

    expect_state(page, "not here")
    press(page, "Allow marketing")
    held[0].continue_()

    expect_state(page, "necessary analytics marketing pulse adlantern reelbrook")


def test_the_tag_is_added_once_though_the_page_carries_it_too(
    page: Page, product: Product, built_pages: Path
) -> None:
    mount(product, built_pages / "react.js", tag=product.tag)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    product.open(page)

    expect_state(page, "necessary")
    assert asked.count(product.embed_url) == 1
    assert page.locator("script[src*='/embed/']").count() == 1


def test_without_the_service_everything_stays_refused(
    page: Page, product: Product, built_pages: Path
) -> None:
    mount(product, built_pages / "react.js")
    page.route("**/embed/*.js", lambda route: route.abort())

    page.goto(product.url)

    expect(page.locator("#failure")).to_contain_text("no banner from")
    expect_state(page, "not here")
    expect(page.get_by_text("Not counted")).to_be_visible()


def open_loader(
    page: Page, product: Product, built_pages: Path, *, tag: str = "", **headers: str
) -> None:
    """Opens a page whose script can load the banner. tag: the banner's, if the page has one."""
    product.add_file("loader.js", (built_pages / "loader.js").read_text("utf-8"))
    loader = "<script type='module' src='loader.js'></script>"
    page.goto(product.add_page("loading", loader, tag=tag, headers=headers))
    page.wait_for_function("window.load !== undefined")


def test_loading_that_failed_may_be_tried_again(
    page: Page, product: Product, built_pages: Path
) -> None:
    open_loader(page, product, built_pages)
    where = {"server": f"{product.service.url}/", "siteKey": product.site_key}
    page.route("**/embed/*.js", lambda route: route.abort())
    assert page.evaluate("where => load(where).catch(({ message }) => message)", where) == (
        f"no banner from {product.embed_url}"
    )
    page.unroute("**/embed/*.js")

    loaded = "where => Promise.all([load(where), load(where)]).then(([a, b]) => a === b)"

    assert page.evaluate(loaded, where)
    assert page.evaluate("banner() === ConsentBanner")
    assert page.locator("script[src*='/embed/']").count() == 1


def test_a_tag_of_the_page_that_failed_is_replaced(
    page: Page, product: Product, built_pages: Path
) -> None:
    page.route("**/embed/*.js", lambda route: route.abort())
    open_loader(page, product, built_pages, tag=product.tag)
    page.unroute("**/embed/*.js")

    page.evaluate("src => load({ src })", product.embed_url)

    expect(page.locator("#cs-notice")).to_be_visible()


def test_the_loader_hands_on_language_nonce_and_hash(
    page: Page, product: Product, built_pages: Path
) -> None:
    policy = {"Content-Security-Policy": "script-src 'self' 'nonce-n0'"}
    open_loader(page, product, built_pages, **policy)

    page.evaluate(
        "src => void load({ src, lang: 'ko', nonce: 'n0' })",
        product.embed_url,
    )

    expect(page.locator("#cs-notice")).to_have_attribute("lang", "ko")


_HASH = """src => fetch(src).then((answer) => answer.arrayBuffer())
  .then((bytes) => crypto.subtle.digest('SHA-384', bytes))
  .then((digest) => `sha384-${btoa(String.fromCharCode(...new Uint8Array(digest)))}`)"""


def test_only_the_script_that_has_the_hash_runs(
    page: Page, product: Product, built_pages: Path
) -> None:
    open_loader(page, product, built_pages)
    load = "options => load(options).then(() => 'here', ({ message }) => message)"
    hashes = [f"sha384-{'A' * 64}", page.evaluate(_HASH, product.embed_url)]

    loaded = [
        page.evaluate(load, {"src": product.embed_url, "integrity": integrity})
        for integrity in hashes
    ]

    assert loaded == [f"no banner from {product.embed_url}", "here"]


def test_on_a_server_nothing_is_granted_and_no_window_is_asked_for(prepared: Prepared) -> None:
    rendered: dict[str, Any] = json.loads(run_script(prepared, "render"))

    assert rendered == {"react": "held back", "vue": "<!--[--><i>held back</i><!--]-->"}
