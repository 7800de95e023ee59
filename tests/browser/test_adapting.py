"""What people set in their browser and system holds in every layer (WCAG 2.2; KWCAG 2.2).

Zoom 1.4.4, reflow 1.4.10, text spacing 1.4.12, forced colours 1.4.11, reduced motion 2.3.3.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from support.browser import MakeContext
from support.gated_page import GATED, Product
from support.layers import LAYERS, Layer, notice, preferences, question

_SPACING = """
  * { line-height: 1.5 !important; letter-spacing: 0.12em !important;
      word-spacing: 0.16em !important }
  p { margin-bottom: 2em !important }
"""
_LONG_PAGE = (
    "<style>iframe { max-width: 100% }</style>"
    + GATED
    + '<p style="height: 2000px">Every take in one click.</p>'
)
WINDOWS = [
    pytest.param({"width": 640, "height": 400}, "", id="200 % zoom of 1280 x 800"),
    pytest.param({"width": 320, "height": 640}, "", id="320 px"),
    pytest.param({"width": 320, "height": 256}, "", id="400 % zoom of 1280 x 1024"),
    pytest.param({"width": 1280, "height": 800}, _SPACING, id="text spacing"),
    pytest.param({"width": 360, "height": 740}, _SPACING, id="text spacing on a phone"),
]
# What a layer loses: text that is cut, a control that nothing brings into view or that is covered.
_LOSSES = """(layer) => {
  const losses = []
  for (const part of [layer, ...layer.querySelectorAll('*')]) {
    const { display, overflowY } = getComputedStyle(part)
    if (display === 'inline' || part.closest('svg') || !part.checkVisibility()) continue
    const name = `${part.localName}.${part.className}#${part.id}`
    if (part.scrollWidth > part.clientWidth + 1) losses.push(`${name} is cut at its side`)
    const isCut = part.localName === 'button' || /hidden|clip/.test(overflowY)
    if (isCut && part.scrollHeight > part.clientHeight + 1) losses.push(`${name} is cut below`)
  }
  for (const control of layer.querySelectorAll('button, a, input, summary')) {
    control.scrollIntoView({ block: 'nearest', behavior: 'instant' })
    const { left, right, top, bottom } = control.getBoundingClientRect()
    if (left < -1 || top < -1 || right > innerWidth + 1 || bottom > innerHeight + 1)
      losses.push(`${control.outerHTML} cannot be brought into view`)
    const met = document.elementFromPoint((left + right) / 2, (top + bottom) / 2)
    if (!control.contains(met)) losses.push(`${control.outerHTML} is covered by ${met?.outerHTML}`)
  }
  const { scrollWidth, clientWidth } = document.documentElement
  if (scrollWidth > clientWidth) losses.push('the page scrolls sideways')
  return losses
}"""
_MOTIONS = """(layer) => [layer, ...layer.querySelectorAll('*')].flatMap((part) =>
  [undefined, '::before', '::after', '::backdrop'].map((pseudo) => getComputedStyle(part, pseudo))
).filter(({ animationName, transitionDuration }) =>
  animationName !== 'none' || /[1-9]/.test(transitionDuration)).length"""


def opened(page: Page, product: Product, layer: Layer) -> Locator:
    """Opens the product page and goes to a layer of a visitor without a choice; returns it."""
    page.context.clear_cookies()
    product.open(page)
    shown = page.locator(layer(page)).first
    expect(shown).to_be_visible()
    return shown


@pytest.mark.parametrize(("viewport", "css"), WINDOWS)
def test_no_layer_loses_a_word_or_a_control(
    make_context: MakeContext, product: Product, viewport: dict[str, int], css: str
) -> None:
    page = make_context(viewport=viewport).new_page()
    product.add_page("", _LONG_PAGE, head=f"<style>{css}</style>")

    lost = {layer.__name__: opened(page, product, layer).evaluate(_LOSSES) for layer in LAYERS}

    assert lost == {layer.__name__: [] for layer in LAYERS}


def test_forced_colours_keep_an_edge_around_every_choice(
    make_context: MakeContext, product: Product
) -> None:
    page = make_context(forced_colors="active").new_page()

    edges = [
        button.evaluate("""(button) => {
          const { borderTopStyle, borderTopWidth, borderTopColor, backgroundColor } =
            getComputedStyle(button)
          return [borderTopStyle, borderTopWidth, borderTopColor !== backgroundColor]
        }""")
        for layer in (notice, preferences, question)
        for button in opened(page, product, layer).locator(".cs-button").all()
    ]

    assert edges == [["solid", "1px", True]] * (3 + 4 + 3)


def test_forced_colours_tell_a_switch_that_is_on_from_one_that_is_off(
    make_context: MakeContext, product: Product
) -> None:
    page = make_context(forced_colors="active").new_page()
    dialog = opened(page, product, preferences)

    on, off = (
        dialog.locator(f"[data-category={purpose}]") for purpose in ("analytics", "marketing")
    )

    assert on.screenshot() != off.screenshot()
    for switch in (on, off):
        style = switch.evaluate("(one) => ({ ...getComputedStyle(one) })")
        assert style["borderTopColor"] != "rgba(0, 0, 0, 0)"
    knobs = [
        switch.evaluate("""(one) => {
          const knob = getComputedStyle(one, '::before')
          return [knob.left, knob.backgroundColor !== getComputedStyle(one).backgroundColor]
        }""")
        for switch in (on, off)
    ]
    assert knobs == [["22px", True], ["2px", True]]


def test_reduced_motion_stills_every_layer(make_context: MakeContext, product: Product) -> None:
    page = make_context(reduced_motion="reduce").new_page()

    moving = [opened(page, product, layer).evaluate(_MOTIONS) for layer in LAYERS]

    assert moving == [0] * len(LAYERS)
    assert page.evaluate("document.getAnimations().length") == 0


def test_what_moves_moves_for_those_who_do_not_mind(
    make_context: MakeContext, product: Product
) -> None:
    page = make_context(reduced_motion="no-preference").new_page()

    assert opened(page, product, preferences).evaluate(_MOTIONS) > 0
