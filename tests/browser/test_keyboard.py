"""The keyboard alone: one whole journey, and no focus that our layers hide (WCAG 2.1.1, 2.4.11)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from consent_server.policies.wording import BUILT_IN
from support.gated_page import ANALYTICS, Product, settle
from support.layers import Layer, notice, question, reopen

TEXTS = BUILT_IN["en"]["texts"]
# 2.4.11 asks that the focus is not entirely hidden. It may be scrolled to and our card may step
# aside first; both are over within a few frames.
_IS_OPEN_TO_VIEW = """() => new Promise((done) => {
  const look = (tries) => requestAnimationFrame(() => {
    const focus = document.activeElement
    const { left, right, top, bottom } = focus.getBoundingClientRect()
    const isInside = top >= 0 && left >= 0 && bottom <= innerHeight && right <= innerWidth
    const columns = [left + 4, (left + right) / 2, right - 4]
    const rows = [top + 4, (top + bottom) / 2, bottom - 4]
    const met = columns.flatMap((x) => rows.map((y) => document.elementFromPoint(x, y)))
    if (isInside && met.some((one) => focus.contains(one))) done(true)
    else if (tries) look(tries - 1)
    else done(`${focus.outerHTML} lies behind ${met[4]?.outerHTML}`)
  })
  look(4)
})"""


def press_until(page: Page, key: str, selector: str) -> None:
    """Presses a key until the focus is there; nothing that has it on the way is hidden."""
    for _ in range(30):
        page.keyboard.press(key)
        assert page.evaluate(_IS_OPEN_TO_VIEW) is True
        if page.evaluate("(there) => document.activeElement.matches(there)", selector):
            return
    pytest.fail(f"{key} never comes to {selector}")


def test_the_whole_journey_needs_no_pointer(page: Page, own_product: Product) -> None:
    own_product.open(page)
    press_until(page, "Tab", "[data-role=show]")

    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name=TEXTS["preferences_title"])
    expect(dialog.get_by_role("heading", name=TEXTS["preferences_title"])).to_be_focused()
    press_until(page, "Tab", "[data-category=analytics]")
    page.keyboard.press("Space")
    press_until(page, "Tab", "[data-role=save]")
    page.keyboard.press("Enter")

    expect(page.get_by_role("status")).to_have_text(TEXTS["saved"])
    expect(page.locator("#cs-reopen")).to_be_focused()
    settle(page)
    assert own_product.gated_requests() == {"analytics.js": 1}

    page.keyboard.press("Enter")
    expect(dialog).to_be_visible()
    press_until(page, "Tab", "[data-role=withdraw]")
    page.keyboard.press("Space")

    expect(dialog).to_have_count(0)
    expect(page.locator("#cs-reopen")).to_be_focused()
    page.wait_for_load_state("networkidle")
    rows = [(row["action"], row["decisions"]["analytics"]) for row in own_product.rows()]
    assert rows == [("customise", True), ("withdraw", False)]


@pytest.mark.parametrize("role", ["all", "ask", "necessary"])
def test_every_choice_is_said_aloud_where_the_focus_is_not(
    page: Page, product: Product, role: str
) -> None:
    product.add_page("", "<button autofocus>Buy</button>")
    product.open(page)
    page.locator(f"#cs-notice [data-role={role}]").focus()

    page.keyboard.press("Enter")

    said = page.get_by_role("status")
    expect(said).to_have_text(TEXTS["saved"])
    expect(said).to_have_attribute("class", "cs-live")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("key", ["Tab", "Shift+Tab"])
@pytest.mark.parametrize("height", ["300vh", "90vh"], ids=["a long page", "a page of one screen"])
@pytest.mark.parametrize("layer", [notice, question, reopen], ids=lambda layer: layer.__name__)
def test_nothing_of_ours_hides_what_has_the_focus_on_the_page(
    page: Page, product: Product, layer: Layer, height: str, key: str
) -> None:
    links = [f'<a href="#{number}">Take {number}</a>' for number in range(33)]
    three_columns = f"""<style>
      h1 {{ display: none }}
      main {{ display: grid; grid-template-columns: auto auto auto; justify-content: space-between;
              align-content: space-between; height: {height} }}
    </style>"""
    product.add_page("", "".join(links) + ANALYTICS, head=three_columns)
    product.open(page)
    layer(page)
    page.locator("main a").nth(0 if key == "Tab" else -1).focus()

    hidden = []
    for _ in links[1:]:
        if (found := page.evaluate(_IS_OPEN_TO_VIEW)) is not True:
            hidden.append(found)
        page.keyboard.press(key)

    assert hidden == []
