"""The first layer: what it asks, how it looks, and that it pushes nobody (issue 2, item 3; S38)."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, Request, expect

from consent_server.policies.wording import BUILT_IN
from support.browser import MakeContext
from support.gated_page import Product, our_cookie, stored_action
from support.looks import CHOICES, choices

TEXTS = {language: BUILT_IN[language]["texts"] for language in ("en", "ko")}
WIDTHS = [
    pytest.param(320, 640, id="320 px"),
    pytest.param(768, 1024, id="768 px"),
    pytest.param(1440, 900, id="1440 px"),
]


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


@pytest.mark.parametrize(("width", "height"), WIDTHS)
def test_every_target_is_at_least_24_pixels_high_and_wide(
    make_context: MakeContext, product: Product, width: int, height: int
) -> None:
    page = make_context(viewport={"width": width, "height": height}).new_page()

    targets = product.open(page).locator("button, a")
    boxes = [target.bounding_box() for target in targets.all()]

    assert len(boxes) == 4
    assert all(box and box["width"] >= 24 and box["height"] >= 24 for box in boxes)


def test_the_keyboard_meets_the_notice_first_and_then_the_page(
    page: Page, product: Product
) -> None:
    product.add_page("", '<a href="#" data-role="page">Pricing</a>')
    product.open(page)

    stops = tab_stops(page, 5)

    assert stops == ["show", *CHOICES, "page"]


def test_the_keyboard_alone_refuses_all(page: Page, product: Product) -> None:
    notice = product.open(page)
    tab_stops(page, 4)

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
        TEXTS[spoken][text] for text in ("details", "accept_all", "ask_each", "refuse_all")
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
    page.keyboard.press("Tab")  # and the keyboard scrolls the words
    expect(notice.locator("[data-role=show]")).to_be_in_viewport(ratio=1)
