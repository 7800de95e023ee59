"""Where the notice stands and in which colours: each place is fair and moves nothing."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from support.browser import MakeContext
from support.gated_page import MakeProduct, Product, choose, our_cookie

CORNERS = {
    "top": ("top",),
    "bottom": ("bottom",),
    "bottom_left": ("bottom", "left"),
    "bottom_right": ("bottom", "right"),
    "top_left": ("top", "left"),
    "top_right": ("top", "right"),
}
_GAPS = """(card) => {
  const { top, left, right, bottom } = card.getBoundingClientRect()
  return { top, left, right: innerWidth - right, bottom: innerHeight - bottom }
}"""
_SIZES = """(notice) => [...notice.querySelectorAll('.cs-buttons button')].map((button) => {
  const { width, height } = button.getBoundingClientRect()
  return [Math.round(width), Math.round(height), getComputedStyle(button).backgroundColor]
})"""
# What Chromium reports of the page's paint: shifts, and the largest thing painted so far.
_PAINT = """() => {
  window.shifts = 0
  window.largest = []
  new PerformanceObserver((list) => {
    for (const { value } of list.getEntries()) window.shifts += value
  }).observe({ type: 'layout-shift', buffered: true })
  new PerformanceObserver((list) => {
    for (const { element, size } of list.getEntries()) {
      window.largest.push([element?.closest('#cs-root') !== null, size])
    }
  }).observe({ type: 'largest-contentful-paint', buffered: true })
}"""


def look(make_product: MakeProduct, **chosen: object) -> Product:
    return make_product(banner={"look": chosen})


def expect_equal_choices(notice: Locator) -> None:
    first, second, third = notice.evaluate(_SIZES)
    assert first == second == third


@pytest.mark.parametrize("position", CORNERS)
def test_the_notice_stands_where_the_site_wants_it_and_its_choices_stay_equal(
    page: Page, make_product: MakeProduct, position: str
) -> None:
    notice = look(make_product, position=position).open(page)

    gaps = notice.evaluate(_GAPS)

    assert [side for side in CORNERS[position] if round(gaps[side]) != 16] == []
    expect_equal_choices(notice)


@pytest.mark.parametrize("position", ["bottom_left", "top_right", "centre"])
def test_a_small_window_shows_all_three_choices_at_any_place(
    make_context: MakeContext, make_product: MakeProduct, position: str
) -> None:
    page = make_context(viewport={"width": 320, "height": 568}).new_page()
    product = look(make_product, position=position)
    product.add_page("", "<p>Words.</p>")

    notice = product.open(page)

    for role in ("all", "ask", "necessary"):
        expect(notice.locator(f"[data-role={role}]")).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_in_the_centre_the_page_is_inert_until_somebody_decides(
    page: Page, make_product: MakeProduct
) -> None:
    product = look(make_product, position="centre")
    product.add_page("", "<button onclick='window.clicked = true'>Buy</button>")
    notice = product.open(page)
    first_focus = page.evaluate("document.activeElement.tagName")
    page.mouse.click(60, 120)

    assert page.evaluate("document.querySelector('#cs-modal').matches(':modal')")
    assert page.evaluate("window.clicked") is None
    assert first_focus == "H2"  # none of the choices
    expect_equal_choices(notice)

    choose(page, "necessary")
    page.get_by_role("button", name="Buy").click()

    assert page.evaluate("window.clicked") is True


def test_in_the_centre_escape_frees_the_page_and_decides_nothing(
    page: Page, make_product: MakeProduct
) -> None:
    product = look(make_product, position="centre")
    product.open(page)

    page.keyboard.press("Escape")

    expect(page.locator("#cs-modal")).to_have_count(0)
    expect(page.locator("#cs-reopen")).to_be_visible()
    assert our_cookie(page.context) is None
    page.locator("#cs-reopen").click()
    expect(page.locator("#cs-modal #cs-notice")).to_be_visible()


def test_in_the_centre_a_filter_list_that_hides_the_notice_does_not_lock_the_page(
    page: Page, make_product: MakeProduct
) -> None:
    product = look(make_product, position="centre")
    product.add_page("", "<style>#cs-notice { display: none !important }</style>")

    page.goto(product.url)

    expect(page.locator("#cs-root")).to_have_count(1)
    assert page.evaluate("document.querySelector(':modal')") is None
    assert our_cookie(page.context) is None


def test_inline_the_notice_stands_in_the_place_that_the_page_keeps_for_it(
    page: Page, make_product: MakeProduct
) -> None:
    product = look(make_product, position="inline")
    product.add_page("", "<div data-cs-inline style='min-height: 320px'></div><p>Below.</p>")

    notice = product.open(page)

    expect(page.locator("[data-cs-inline] #cs-notice")).to_be_visible()
    expect(notice).to_have_css("position", "static")
    expect_equal_choices(notice)
    choose(page, "all")
    expect(page.locator("#cs-reopen")).to_have_css("position", "fixed")


def test_inline_without_such_a_place_the_notice_is_shown_all_the_same(
    page: Page, make_product: MakeProduct
) -> None:
    look(make_product, position="inline").open(page)

    expect(page.locator("body > #cs-root #cs-notice")).to_be_visible()


@pytest.mark.parametrize(
    ("scheme", "preferred", "background"),
    [
        pytest.param("auto", "light", "rgb(255, 255, 255)", id="follows light"),
        pytest.param("auto", "dark", "rgb(26, 32, 41)", id="follows dark"),
        pytest.param("dark", "light", "rgb(26, 32, 41)", id="always dark"),
        pytest.param("light", "dark", "rgb(255, 255, 255)", id="always light"),
    ],
)
def test_a_preset_follows_the_browser_unless_the_site_wants_one_scheme(
    make_context: MakeContext,
    make_product: MakeProduct,
    scheme: str,
    preferred: str,
    background: str,
) -> None:
    page = make_context(color_scheme=preferred).new_page()

    notice = look(make_product, preset="ink", scheme=scheme).open(page)

    expect(notice).to_have_css("background-color", background)


def test_motion_is_a_shift_alone_and_only_for_people_who_like_it(
    make_context: MakeContext, make_product: MakeProduct
) -> None:
    product = look(make_product, motion=True)
    moving = product.open(make_context(reduced_motion="no-preference").new_page())
    still = product.open(make_context(reduced_motion="reduce").new_page())

    animated = moving.evaluate(
        "card => card.getAnimations().flatMap((one) => one.effect.getKeyframes())"
        ".flatMap((frame) => Object.keys(frame))"
    )

    own = set(animated) - {"offset", "computedOffset", "easing", "composite"}
    assert own <= {"transform"}
    expect(moving).to_have_css("animation-name", "cs-rise")
    expect(still).to_have_css("animation-name", "none")


@pytest.mark.parametrize("width", [412, 1440])
def test_the_notice_shifts_nothing_and_is_never_the_large_paint_of_a_page(
    make_context: MakeContext, product: Product, width: int
) -> None:
    page = make_context(viewport={"width": width, "height": 823}).new_page()
    page.add_init_script(f"({_PAINT})()")
    product.add_page("", "<p>Words of the page itself.</p>" * 3)

    product.open(page)
    page.evaluate("() => new Promise((done) => setTimeout(done, 300))")  # the reports come late

    assert page.evaluate("window.shifts") == 0
    ours = [size for is_ours, size in page.evaluate("window.largest") if is_ours]
    assert [size for size in ours if size > 0.3 * width * 823] == []
