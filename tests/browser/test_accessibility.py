"""Nobody is kept out: axe-core finds no violation in any layer, theme or direction."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from support.browser import MakeContext
from support.gated_page import GATED, NOTICE, MakeProduct, Product
from support.layers import LAYERS
from support.prepared import ROOT

AXE = ROOT / "banner" / "node_modules" / "axe-core" / "axe.min.js"
_BOTH_THEMES = "<style>html { color-scheme: light dark }</style>"
_ROOMY = {"width": 1280, "height": 1600}  # nothing is scrolled away, so axe can judge all contrasts
_SIGNAL = "Object.defineProperty(navigator, 'globalPrivacyControl', { value: true })"
LOOKS = [
    pytest.param("light", "en", "ltr", id="light, English"),
    pytest.param("dark", "ko", "ltr", id="dark, Korean"),
    pytest.param("light", "ar", "rtl", id="light, Arabic"),
    pytest.param("dark", "ar", "rtl", id="dark, Arabic"),
]


@pytest.fixture
def world_product(make_product: MakeProduct) -> Product:
    """A product that also speaks Arabic, from right to left."""
    arabic = {"stores": {"ar": "ملف تعريف ارتباط"}, "keeps": {"ar": "30 يومًا"}}
    services = [
        service | {field: service[field] | more for field, more in arabic.items()}
        for service in NOTICE["services"]
    ]
    return make_product(languages=["en", "ko", "ar"], services=services)


@pytest.mark.parametrize(("theme", "language", "direction"), LOOKS)
def test_axe_finds_no_violation_in_any_layer(
    make_context: MakeContext, world_product: Product, theme: str, language: str, direction: str
) -> None:
    page = make_context(color_scheme=theme, viewport=_ROOMY).new_page()
    world_product.add_page("", GATED, lang=language, head=_BOTH_THEMES)

    found = {}
    for layer in LAYERS:
        page.context.clear_cookies()
        world_product.open(page)
        shown = layer(page)
        expect(page.locator(shown)).to_be_visible()
        expect(page.locator("#cs-root")).to_have_attribute("lang", language)
        expect(page.locator("#cs-root")).to_have_attribute("dir", direction)
        found[layer.__name__] = findings(page)

    assert found == {layer.__name__: [] for layer in LAYERS}


@pytest.mark.parametrize(("theme", "language", "direction"), [LOOKS[0], LOOKS[-1]])
def test_axe_finds_no_violation_in_a_notice_that_heeds_a_signal(
    make_context: MakeContext, world_product: Product, theme: str, language: str, direction: str
) -> None:
    options: dict[str, Any] = {"color_scheme": theme, "viewport": _ROOMY}
    page = make_context(extra_http_headers={"Sec-GPC": "1"}, **options).new_page()
    page.add_init_script(_SIGNAL)
    world_product.add_page("", GATED, lang=language, head=_BOTH_THEMES)

    opened = world_product.open(page)

    expect(opened).to_have_attribute("dir", direction)
    expect(opened.locator("p")).to_have_count(2)  # the second one says that it was heeded
    assert findings(page) == []


def findings(page: Page) -> list[tuple[str, str]]:
    """Returns rule and element of each violation, and of what axe leaves open about our own."""
    page.add_script_tag(path=AXE)
    found: dict[str, Any] = page.evaluate("axe.run()")
    violations, open_ones = nodes_of(found["violations"]), nodes_of(found["incomplete"])
    return violations + [(rule, html) for rule, html in open_ones if 'class="cs-' in html]


def nodes_of(judged: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Returns rule and element of each finding."""
    return [(finding["id"], node["html"]) for finding in judged for node in finding["nodes"]]
