"""Nobody is kept out: axe-core finds no violation in any layer, theme or language."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from support.browser import MakeContext
from support.gated_page import GATED, Product, choose
from support.prepared import ROOT

AXE = ROOT / "banner" / "node_modules" / "axe-core" / "axe.min.js"
_BOTH_THEMES = "<style>html { color-scheme: light dark }</style>"
_ROOMY = {"width": 1280, "height": 1600}  # nothing is scrolled away, so axe can judge all contrasts


def notice(page: Page) -> str:
    expect(page.locator(".cs-embed")).to_be_visible()  # the placeholder is judged with it
    return "#cs-notice"


def preferences(page: Page) -> str:
    page.locator("#cs-notice [data-role=show]").click()
    page.evaluate("ConsentBanner.hide()")  # axe does not know that a dialog is above all z-indexes
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
    return "#cs-question"


def reopen(page: Page) -> str:
    choose(page, "necessary")
    return "#cs-reopen"


@pytest.mark.parametrize(
    ("theme", "language"),
    [
        pytest.param("light", "en", id="light, English"),
        pytest.param("dark", "ko", id="dark, Korean"),
    ],
)
@pytest.mark.parametrize(
    "layer",
    [notice, preferences, preferences_with_a_choice, question, reopen],
    ids=lambda layer: layer.__name__,
)
def test_axe_finds_no_violation(
    make_context: MakeContext,
    product: Product,
    layer: Callable[[Page], str],
    theme: str,
    language: str,
) -> None:
    page = make_context(color_scheme=theme, reduced_motion="reduce", viewport=_ROOMY).new_page()
    product.add_page("", GATED, lang=language, head=_BOTH_THEMES)
    product.open(page)

    shown = page.locator(layer(page))
    expect(shown).to_be_visible()
    page.add_script_tag(path=AXE)
    found: dict[str, Any] = page.evaluate("axe.run()")

    expect(page.locator("#cs-root")).to_have_attribute("lang", language)
    assert nodes_of(found["violations"]) == []
    assert [html for _, html in nodes_of(found["incomplete"]) if 'class="cs-' in html] == []


def nodes_of(findings: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Returns rule and element of each finding."""
    return [(finding["id"], node["html"]) for finding in findings for node in finding["nodes"]]
