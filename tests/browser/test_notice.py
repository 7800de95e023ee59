"""The first layer: what it asks, how it looks, and that it pushes nobody (issue 2, item 3; S38)."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Request, expect

from consent_server.policies.wording import BUILT_IN
from support.browser import MakeContext
from support.gated_page import Product, our_cookie, stored_action

CHOICES = ["all", "ask", "necessary"]
TEXTS = {language: BUILT_IN[language]["texts"] for language in ("en", "ko")}
WIDTHS = [
    pytest.param(320, 640, id="320 px"),
    pytest.param(768, 1024, id="768 px"),
    pytest.param(1440, 900, id="1440 px"),
]
THEMES = ["light", "dark"]
# Everything that could single a choice out; `all: revert` and one rule should make it equal.
_LOOK = """(button) => {
  const style = getComputedStyle(button)
  const { width, height } = button.getBoundingClientRect()
  const names = ['color', 'backgroundColor', 'backgroundImage', 'fontFamily', 'fontSize',
    'fontWeight', 'fontStyle', 'lineHeight', 'letterSpacing', 'textTransform', 'textDecoration',
    'border', 'borderRadius', 'boxShadow', 'outline', 'opacity', 'filter', 'padding', 'margin',
    'cursor', 'order', 'transform']
  // a translucent ground is seen over that of the card; a grid shares out fractions of a pixel
  const card = document.createElement('canvas').getContext('2d')
  card.fillStyle = getComputedStyle(button.closest('.cs-card')).backgroundColor
  card.fillRect(0, 0, 1, 1)
  card.fillStyle = style.backgroundColor
  card.fillRect(0, 0, 1, 1)
  const ground = `rgb(${[...card.getImageData(0, 0, 1, 1).data].slice(0, 3)})`
  const size = { width: Math.round(width), height: Math.round(height) }
  return { ground, ...size, ...Object.fromEntries(names.map((name) => [name, style[name]])) }
}"""


def choices(notice: Locator) -> list[Locator]:
    return [notice.locator(f".cs-buttons [data-role={role}]") for role in CHOICES]


def contrast(ink: str, ground: str) -> float:
    """The contrast of two opaque computed colours (WCAG 2.2, relative luminance)."""
    light, dark = sorted((luminance(ink), luminance(ground)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    assert colour.startswith("rgb("), f"{colour} is not opaque"
    parts = [int(part) / 255 for part in colour.removeprefix("rgb(").rstrip(")").split(",")]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def tab_stops(page: Page, count: int) -> list[str | None]:
    """Presses Tab `count` times; returns the role of what has the focus each time."""
    stops = []
    for _ in range(count):
        page.keyboard.press("Tab")
        stops.append(page.evaluate("document.activeElement.dataset.role ?? null"))
    return stops


def test_one_tag_makes_one_request_and_the_report_of_the_visit(
    page: Page, product: Product
) -> None:
    address = product.add_page("plain", "")
    asked: list[tuple[str, str]] = []
    page.on("request", lambda request: asked.append((request.method, request.url)))

    product.open(page, "plain")
    page.wait_for_load_state("networkidle")

    assert sorted(asked) == sorted(
        [
            ("GET", address),
            ("GET", product.embed_url),
            ("POST", f"{product.service.url}/v1/visits"),
        ]
    )


def test_the_notice_and_its_buttons_are_light_dom_first_in_the_body(
    page: Page, product: Product
) -> None:
    notice = product.open(page)

    page.locator("body > #cs-root:first-child > #cs-notice:first-child").wait_for()
    assert [button.evaluate("button => button.tagName") for button in choices(notice)] == [
        "BUTTON"
    ] * 3
    for text in ("title", "body", "accept_all", "ask_each", "refuse_all", "details"):
        assert TEXTS["en"][text] in notice.inner_text()


def test_the_notice_is_a_named_region_in_its_language(page: Page, product: Product) -> None:
    product.open(page)

    region = page.get_by_role("region", name=TEXTS["en"]["title"])

    expect(region).to_have_attribute("lang", "en")
    expect(region).to_have_attribute("dir", "ltr")
    expect(region).not_to_have_attribute("aria-modal", "true")


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("width", "height"), WIDTHS)
def test_the_three_choices_look_the_same(
    make_context: MakeContext, product: Product, width: int, height: int, theme: str
) -> None:
    page = make_context(
        viewport={"width": width, "height": height}, color_scheme=theme, reduced_motion="reduce"
    ).new_page()
    product.add_page("", "<style>button:first-child { font-size: 40px; color: red }</style>")

    looks = [button.evaluate(_LOOK) for button in choices(product.open(page))]

    assert looks[0] == looks[1] == looks[2]
    assert contrast(looks[0]["color"], looks[0]["ground"]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
def test_the_three_choices_stay_the_same_under_the_pointer(
    make_context: MakeContext, product: Product, theme: str
) -> None:
    page = make_context(color_scheme=theme).new_page()
    notice = product.open(page)

    looks = []
    for button in choices(notice):
        button.hover()
        looks.append(button.evaluate(_LOOK))

    assert looks[0] == looks[1] == looks[2]
    assert contrast(looks[0]["color"], looks[0]["ground"]) >= 4.5


@pytest.mark.parametrize(("width", "height"), WIDTHS)
def test_every_target_is_at_least_24_pixels_high_and_wide(
    make_context: MakeContext, product: Product, width: int, height: int
) -> None:
    page = make_context(viewport={"width": width, "height": height}).new_page()

    targets = product.open(page).locator("button, a")
    boxes = [target.bounding_box() for target in targets.all()]

    assert len(boxes) == 4
    assert all(box and box["width"] >= 24 and box["height"] >= 24 for box in boxes)


def test_the_keyboard_meets_the_choices_first_and_then_the_page(
    page: Page, product: Product
) -> None:
    product.add_page("", '<a href="#" data-role="page">Pricing</a>')
    product.open(page)

    stops = tab_stops(page, 5)

    assert stops == [*CHOICES, "show", "page"]


def test_the_keyboard_alone_refuses_all(page: Page, product: Product) -> None:
    notice = product.open(page)
    tab_stops(page, 3)

    page.keyboard.press("Enter")

    expect(notice).to_have_count(0)
    assert stored_action(page.context) == "refuse_all"


def test_the_focus_is_visible(page: Page, product: Product) -> None:
    product.open(page)

    tab_stops(page, 1)

    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    width = page.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)")
    assert (outline, width >= 2) == ("solid", True)


def test_the_notice_takes_the_focus_from_nobody(page: Page, product: Product) -> None:
    product.add_page("", "<input autofocus>")
    product.open(page)

    page.keyboard.type("screen")

    expect(page.locator("main input")).to_be_focused()
    expect(page.locator("main input")).to_have_value("screen")


def test_escape_puts_the_notice_away_and_decides_nothing(page: Page, product: Product) -> None:
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request))
    notice = product.open(page)
    tab_stops(page, 1)

    page.keyboard.press("Escape")

    expect(notice).to_have_count(0)
    expect(page.locator("#cs-reopen")).to_be_visible()
    assert our_cookie(page.context) is None
    product.open(page)  # it asks again on the next page view
    assert not [request for request in sent if request.url.endswith("/v1/consents")]


def test_the_notice_blocks_no_part_of_the_page(page: Page, product: Product) -> None:
    product.add_page("", "<a href='#bought' id='buy'>Buy</a>")
    notice = product.open(page)

    page.locator("#buy").click()

    assert page.url.endswith("#bought")
    expect(notice).to_be_visible()


def test_the_notice_moves_nothing_on_the_page(page: Page, product: Product) -> None:
    page.add_init_script("""
        window.shifts = []
        new PerformanceObserver((list) => {
          for (const { value, hadRecentInput } of list.getEntries())
            window.shifts.push({ value, hadRecentInput })
        }).observe({ type: 'layout-shift', buffered: true })
    """)
    paragraph = "<p>Every take in one click, in the browser, without an account.</p>"
    product.add_page(
        "",
        paragraph * 8 + '<iframe data-category="marketing" data-service="reelbrook"'
        ' data-src="video.html" width="480" height="270"></iframe>' + paragraph,
        head="<style>body { display: grid; gap: 20px }</style>",
    )

    product.open(page)
    expect(page.locator(".cs-embed")).to_be_visible()
    page.locator("#cs-notice [data-role=necessary]").click()
    expect(page.locator("#cs-reopen")).to_be_visible()
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")

    assert page.evaluate("window.shifts") == []


@pytest.mark.parametrize(
    ("page_language", "tag_language", "browser_language", "spoken"),
    [
        pytest.param("ko", None, "en-US", "ko", id="the page speaks Korean"),
        pytest.param("ko-KR", None, "en-US", "ko", id="the page speaks Korean of Korea"),
        pytest.param("en", "ko", "en-US", "ko", id="the tag asks for Korean"),
        pytest.param("ko", "en", "ko-KR", "en", id="the tag outranks page and browser"),
        pytest.param("", None, "ko-KR", "ko", id="only the browser says Korean"),
        pytest.param("ja", None, "ko-KR", "ko", id="the page speaks what is not offered"),
        pytest.param("en", None, "ko-KR", "en", id="the page outranks the browser"),
    ],
)
def test_the_notice_speaks_the_language_of_the_page(
    make_context: MakeContext,
    product: Product,
    page_language: str,
    tag_language: str | None,
    browser_language: str,
    spoken: str,
) -> None:
    page = make_context(locale=browser_language).new_page()
    wish = f'async data-lang="{tag_language}"' if tag_language else "async"
    product.add_page("", "", lang=page_language, tag=product.tag.replace("async", wish))

    notice = product.open(page)

    expect(notice).to_have_attribute("lang", spoken)
    assert notice.locator("button").all_inner_texts() == [
        TEXTS[spoken][text] for text in ("accept_all", "ask_each", "refuse_all", "details")
    ]


def test_a_notice_whose_other_language_cannot_be_loaded_speaks_the_one_it_has(
    page: Page, product: Product
) -> None:
    product.add_page("", "", lang="ko")
    page.route("**/texts.js?lang=ko*", lambda route: route.abort())

    notice = product.open(page)

    expect(notice).to_have_attribute("lang", "en")


@pytest.mark.parametrize("language", ["en", "ko"])
def test_320_pixels_need_no_scrolling_sideways_and_show_every_choice(
    make_context: MakeContext, product: Product, language: str
) -> None:
    size: dict[str, Any] = {"width": 320, "height": 640}
    page = make_context(viewport=size, reduced_motion="reduce").new_page()
    product.add_page("", "<p>Record.</p>", lang=language)

    notice = product.open(page)

    for part in (page.locator("html"), notice, notice.locator(".cs-words")):
        assert part.evaluate("part => part.scrollWidth <= part.clientWidth")
    for button in choices(notice):
        expect(button).to_be_in_viewport(ratio=1)


def test_a_low_window_lets_the_words_scroll_and_never_the_choices(
    make_context: MakeContext, product: Product
) -> None:
    # 1280 x 800 at 400 % zoom is 320 x 200 CSS px (WCAG 1.4.10 names 320 x 256).
    page = make_context(viewport={"width": 320, "height": 256}, reduced_motion="reduce").new_page()

    notice = product.open(page)

    for button in choices(notice):
        expect(button).to_be_in_viewport(ratio=1)
    expect(notice.locator(".cs-words")).to_have_attribute("tabindex", "0")
