"""The console in a real browser: open to everybody, on any width, in both themes."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from consent_server.banner.document import WholeScript
from consent_server.banner.services import pin_script
from support.browser import MakeContext
from support.console import PASSWORD, SIGN_IN, Console
from support.shop import Shop

# What a page looks like does not depend on the database.
pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)

LOOKS = [
    pytest.param("light", 1280, "ko-KR", id="light, wide, Korean"),
    pytest.param("dark", 360, "en-US", id="dark, narrow, English"),
]
OpenConsole = Callable[..., Page]


@pytest.fixture
def address(shop: Shop) -> Iterator[str]:
    """Where the application of this test is served."""
    server = make_server("127.0.0.1", 0, shop.app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def open_console(address: str, stranger: Console, make_context: MakeContext) -> OpenConsole:
    """Opens the console in a profile of its own; options as in Browser.new_context."""

    def open_console(**options: object) -> Page:
        page = make_context(base_url=address, **options).new_page()
        page.goto(SIGN_IN)
        page.locator("#email").fill(stranger.email)
        page.locator("#password").fill(PASSWORD)
        page.locator("form button").click()
        expect(page).to_have_url(f"{address}/admin/")
        return page

    return open_console


def faults(page: Page) -> list[str]:
    """Returns what axe-core finds, and whether the page is wider than its window."""
    violations = Axe().run(page).response["violations"]
    found = [f"{v['id']}: {node['html']}" for v in violations for node in v["nodes"]]
    excess = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return [f"{page.url}: {fault}" for fault in found] + (
        [f"{page.url}: {excess} px too wide"] if excess > 0 else []
    )


def pages_of(shop: Shop) -> list[str]:
    """Returns one address of each kind of page, with records where there are any."""
    return [
        "/admin/",
        "/admin/sites",
        "/admin/sites/new",
        f"/admin/sites/{shop.key}",
        "/admin/consents",
        "/admin/consents?since=2026-02-02&until=2026-01-01",
        "/admin/consents?since=2001-01-01&until=2001-01-02",
        "/admin/visits",
        "/admin/exports",
        "/admin/access-log",
        "/admin/nowhere",
        f"/policies/{shop.key}",
    ]


@pytest.mark.parametrize(("theme", "width", "locale"), LOOKS)
def test_axe_finds_no_violation_on_any_page_and_none_is_too_wide(
    shop: Shop, open_console: OpenConsole, theme: str, width: int, locale: str
) -> None:
    shop.send_consent(shop.submission())
    shop.send_visit(shop.visit(path="/" + "p" * 500, referrer=f"https://{'r' * 60}.example/"))
    with shop.app.app_context():
        pin_script(shop.id, WholeScript(b"script", "ko", 1))
    page = open_console(color_scheme=theme, viewport={"width": width, "height": 800}, locale=locale)

    found = []
    for path in pages_of(shop):
        page.goto(path)
        found += faults(page)
    page.goto("/admin/visits")
    page.locator("#reason").fill("complaint 41")
    page.locator("main button").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    found += faults(page)
    page.goto("/admin/consents")
    page.locator("tbody a").click()
    expect(page).to_have_url(re.compile("/admin/consents/.+"))
    found += faults(page)

    assert found == []


@pytest.mark.parametrize(("theme", "width", "locale"), LOOKS)
def test_axe_finds_no_violation_at_the_door(
    address: str, make_context: MakeContext, theme: str, width: int, locale: str
) -> None:
    page = make_context(
        color_scheme=theme, viewport={"width": width, "height": 800}, locale=locale
    ).new_page()

    page.goto(address + SIGN_IN)
    found = faults(page)
    page.locator("#email").fill("nobody@shop.example")
    page.locator("#password").fill("not the password")
    page.locator("form button").click()
    expect(page.get_by_role("alert")).to_be_visible()
    found += faults(page)

    assert found == []


def test_on_a_narrow_screen_the_rooms_are_behind_a_button(open_console: OpenConsole) -> None:
    page = open_console(viewport={"width": 360, "height": 800})
    rooms = page.get_by_role("navigation", name="Console")
    expect(rooms).to_be_hidden()

    page.get_by_role("button", name="Menu").press("Enter")
    expect(rooms).to_be_visible()
    page.keyboard.press("Escape")

    expect(rooms).to_be_hidden()
    expect(page.get_by_role("button", name="Menu")).to_be_focused()


def test_the_first_key_press_offers_to_skip_to_the_content(open_console: OpenConsole) -> None:
    page = open_console()

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.get_by_role("main")).to_be_focused()


def test_the_tag_is_copied_with_one_click(shop: Shop, open_console: OpenConsole) -> None:
    page = open_console(permissions=["clipboard-read", "clipboard-write"])
    page.goto(f"/admin/sites/{shop.key}")

    page.get_by_role("region", name="Script tag").get_by_role("button", name="Copy").click()

    tag = page.get_by_role("region", name="Script tag")
    expect(tag.get_by_role("status")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.locator("#tag-text").inner_text()


def test_without_javascript_no_button_promises_what_it_cannot_do(
    shop: Shop, open_console: OpenConsole
) -> None:
    page = open_console(java_script_enabled=False, viewport={"width": 1280, "height": 800})

    page.get_by_role("link", name="Sites").click()
    page.locator("tbody a").click()

    expect(page.get_by_text(f"/embed/{shop.key}.js")).to_be_visible()
    expect(page.locator("[data-copy]:visible")).to_have_count(0)
