"""The console in a real browser: open to everybody, on any width, in both themes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Final

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from consent_server.banner.document import WholeScript
from consent_server.banner.services import pin_script
from support.browser import MakeContext
from support.console import PASSWORD, SIGN_IN, Console
from support.faults import faults, keep_picture
from support.furnished import endpoints_of_pages, furnish
from support.shop import Shop

# What a page looks like does not depend on the database.
pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)

LOOKS = [
    pytest.param("light", 1280, "ko-KR", id="light, wide, Korean"),
    pytest.param("dark", 360, "en-US", id="dark, narrow, English"),
]
THEMES: Final = ("light", "dark")
SIZES = [
    pytest.param(1280, "ko-KR", id="wide, Korean"),
    pytest.param(360, "en-US", id="narrow, English"),
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


def more_pages(shop: Shop) -> list[str]:
    """Returns addresses of pages in a state of their own."""
    return [
        "/admin/consents?since=2026-02-02&until=2026-01-01",
        "/admin/consents?since=2001-01-01&until=2001-01-02",
        "/admin/statistics?since=2001-01-01&until=2001-01-02",
        "/admin/nowhere",
        f"/policies/{shop.key}",
    ]


def faults_in_both_themes(page: Page, picture: str = "") -> list[str]:
    """Returns what is wrong with a page that is open, in the light and in the dark.

    picture: name of those that are kept, with a place for the theme.
    """
    found = []
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        found += faults(page)
        if picture:
            keep_picture(page, picture.format(theme=theme))
    return found


@pytest.mark.parametrize(("width", "locale"), SIZES)
def test_axe_finds_no_violation_on_any_page_and_none_is_too_wide(
    shop: Shop, stranger: Console, open_console: OpenConsole, width: int, locale: str
) -> None:
    stranger.sign_in()
    addresses = furnish(shop, stranger)
    with shop.app.app_context():
        pin_script(shop.id, WholeScript(b"script", "ko", 1))
    page = open_console(viewport={"width": width, "height": 800}, locale=locale)

    found = []
    for endpoint, path in sorted(addresses.items()):
        page.goto(path)
        name = f"{endpoint.split('.')[1]}-{locale[:2]}-{{theme}}-{width}"
        found += faults_in_both_themes(page, name)
    for path in more_pages(shop):
        page.goto(path)
        found += faults_in_both_themes(page)
    page.goto("/admin/visits")
    page.locator("#reason").fill("complaint 41")
    page.locator("main button").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    found += faults_in_both_themes(page)

    assert found == []


def test_every_page_of_the_console_is_among_those_that_are_looked_at(
    shop: Shop, owner: Console
) -> None:
    assert set(furnish(shop, owner)) == endpoints_of_pages(shop.app)


@pytest.mark.parametrize(("theme", "width", "locale"), LOOKS)
def test_axe_finds_no_violation_where_there_is_nothing_yet(
    app: Flask, open_console: OpenConsole, theme: str, width: int, locale: str
) -> None:
    page = open_console(color_scheme=theme, viewport={"width": width, "height": 800}, locale=locale)
    rules = [rule for rule in app.url_map.iter_rules() if not rule.arguments]

    found = []
    for rule in rules:
        if rule.endpoint in endpoints_of_pages(app):
            page.goto(rule.rule)
            found += faults(page)

    assert found == []


def test_a_chart_is_drawn_out_of_its_table_and_folds_it(
    shop: Shop, stranger: Console, open_console: OpenConsole
) -> None:
    stranger.sign_in()
    furnish(shop, stranger)
    page = open_console(viewport={"width": 1280, "height": 800})
    complaints: list[str] = []  # of the content security policy, among others
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(error.message))

    page.goto("/admin/statistics")
    chart = page.locator("figure.chart").first
    numbers = chart.get_by_text("Numbers of the chart “Decisions by day”")

    expect(chart.locator("canvas")).to_be_visible()
    expect(chart.locator("table")).to_be_hidden()
    assert inked(page) > 0.01
    numbers.press("Enter")
    expect(chart.locator("table")).to_be_visible()
    assert complaints == []


def test_the_tables_stand_there_without_javascript(
    shop: Shop, stranger: Console, open_console: OpenConsole
) -> None:
    stranger.sign_in()
    furnish(shop, stranger)
    page = open_console(java_script_enabled=False, viewport={"width": 1280, "height": 800})

    page.goto("/admin/statistics")

    assert page.locator("figure.chart").count() >= 5
    expect(page.locator("figure.chart table:visible")).to_have_count(
        page.locator("figure.chart").count()
    )
    expect(page.locator("canvas:visible")).to_have_count(0)


def inked(page: Page) -> float:
    """Returns which part of the first chart's area is drawn on."""
    share: float = page.evaluate(
        """() => {
          const canvas = document.querySelector('canvas')
          const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
          return data.filter((value, at) => at % 4 === 3 && value > 0).length / (data.length / 4)
        }"""
    )
    return share


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
