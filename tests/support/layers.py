"""Every state of the banner that a visitor can meet; each begins at the notice of a fresh page.

A layer brings the page there and returns the selector of what is shown then.
"""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from support.gated_page import choose

Layer = Callable[[Page], str]


def notice(page: Page) -> str:
    expect(page.locator("#cs-notice")).to_be_visible()
    return "#cs-notice"


def placeholder(page: Page) -> str:
    page.evaluate("ConsentBanner.hide()")  # the notice may lie over it
    expect(page.locator(".cs-embed")).to_be_visible()
    return ".cs-embed"


def preferences(page: Page) -> str:
    page.locator("#cs-notice [data-role=show]").click()
    page.evaluate("ConsentBanner.hide()")  # nothing of ours lies behind the dialog
    for summary in page.locator("#cs-preferences summary").all():
        summary.click()
    page.locator("#cs-preferences [data-category=analytics]").check()
    return "#cs-preferences"


def preferences_with_a_choice(page: Page) -> str:
    choose(page, "all")
    page.locator("#cs-reopen").click()
    expect(page.locator("#cs-preferences [data-role=withdraw]")).to_be_visible()
    return "#cs-preferences"


def question(page: Page) -> str:
    choose(page, "ask")
    expect(page.locator("#cs-question")).to_be_visible()
    expect(page.locator("#cs-root [role=status]")).to_contain_text("30")  # said: it holds so long
    return "#cs-question"


def reopen(page: Page) -> str:
    choose(page, "necessary")
    expect(page.locator("#cs-reopen")).to_be_visible()
    return "#cs-reopen"


LAYERS: list[Layer] = [
    notice,
    placeholder,
    preferences,
    preferences_with_a_choice,
    question,
    reopen,
]
