"""Ask me each time: nothing is granted, and each gated service that appears asks for itself."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from consent_server.policies.wording import BUILT_IN
from support.browser import MakeContext
from support.gated_page import (
    ANALYTICS,
    GATED,
    MARKETING,
    VIDEO,
    Product,
    body_of,
    choose,
    settle,
)

TEXTS = BUILT_IN["en"]["texts"]
NOTHING: dict[str, int] = {}


def ask(page: Page, product: Product) -> Locator:
    """Chooses to be asked each time on a fresh page; returns the question."""
    product.open(page)
    with page.expect_request("**/v1/consents"):
        choose(page, "ask")
    expect(page.locator("#cs-notice")).to_have_count(0)
    return page.locator("#cs-question")


def about(page: Page, service: str) -> Locator:
    return page.locator(f"#cs-question[data-service={service}]")


def answer(page: Page, service: str, role: str) -> dict[str, Any]:
    """Answers the question about a service; returns what was sent to the server."""
    with page.expect_request("**/v1/consents") as sent:
        about(page, service).locator(f"[data-role={role}]").click()
    return body_of(sent.value)


def test_choosing_it_grants_nothing_and_asks_about_the_first_service_on_the_page(
    page: Page, product: Product
) -> None:
    question = ask(page, product)

    expect(question).to_have_count(1)
    expect(question).to_have_attribute("data-service", "pulse")
    settle(page)
    assert product.gated_requests() == NOTHING


def test_the_question_says_who_stores_what_for_how_long(page: Page, product: Product) -> None:
    ask(page, product)

    question = page.get_by_role("region", name=TEXTS["question_title"])

    expect(question).to_contain_text(
        TEXTS["question_body"].format(service="Pulse", stores="cookie pulse_id", keeps="30 days")
    )
    expect(question).to_have_attribute("lang", "en")


def test_the_question_is_spoken_but_takes_no_focus(page: Page, product: Product) -> None:
    product.add_page("", ANALYTICS + "<button id='buy'>Buy</button>")
    ask(page, product)
    expect(about(page, "pulse")).to_be_visible()

    page.locator("#buy").focus()

    expect(page.get_by_role("status")).to_contain_text("Pulse")
    expect(page.locator("#buy")).to_be_focused()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_its_three_answers_look_the_same(
    make_context: MakeContext, product: Product, theme: str
) -> None:
    page = make_context(color_scheme=theme, reduced_motion="reduce").new_page()
    question = ask(page, product)

    allow, refuse, always = (
        question.locator(f"[data-role={role}]").evaluate("""(button) => {
          const { width, height } = button.getBoundingClientRect()
          const { color, backgroundColor, font, border, boxShadow } = getComputedStyle(button)
          const look = { color, backgroundColor, font, border, boxShadow }
          return { width: Math.round(width), height, ...look }
        }""")
        for role in ("allow", "refuse", "always")
    )

    assert allow == refuse == always


def test_allowing_a_service_starts_it_alone_and_the_next_one_asks(
    page: Page, product: Product
) -> None:
    ask(page, product)

    said = answer(page, "pulse", "allow")

    expect(about(page, "adlantern")).to_be_visible()
    settle(page)
    assert product.gated_requests() == {"analytics.js": 1}
    assert (said["action"], said["layer"], said["trusted"]) == ("ask_each", "question", True)
    assert (any(said["decisions"].values()), said["services"]) == (False, {"pulse": True})


def test_each_answer_joins_the_ones_before_and_after_the_last_nobody_asks(
    page: Page, product: Product
) -> None:
    question = ask(page, product)

    answer(page, "pulse", "refuse")
    answer(page, "adlantern", "allow")
    said = answer(page, "reelbrook", "allow")

    expect(question).to_have_count(0)
    assert said["services"] == {"pulse": False, "adlantern": True, "reelbrook": True}
    expect(page.frame_locator("main iframe").get_by_text("film")).to_be_visible()
    settle(page)
    assert product.gated_requests() == {"marketing.js": 1, "video.html": 1}


def test_answers_are_remembered_and_only_what_has_none_asks_on_the_next_page(
    page: Page, product: Product
) -> None:
    product.add_page("", ANALYTICS + MARKETING)
    product.add_page("tour.html", GATED)
    question = ask(page, product)
    answer(page, "pulse", "allow")
    answer(page, "adlantern", "refuse")
    expect(question).to_have_count(0)

    page.goto(product.url_of("tour.html"))

    expect(about(page, "reelbrook")).to_be_visible()
    settle(page)
    assert product.gated_requests() == {"analytics.js": 2}


def test_allowing_this_time_ends_with_the_session_and_is_never_in_the_cookie(
    page: Page, product: Product
) -> None:
    product.add_page("", ANALYTICS)
    ask(page, product)
    said = answer(page, "pulse", "allow")
    page.reload()
    page.wait_for_function("window.ran?.length === 1")

    later = page.context.new_page()  # another tab is another session
    later.goto(product.url)

    assert said["services"] == {"pulse": True}  # and yet it is on record
    expect(about(later, "pulse")).to_be_visible()
    settle(later)
    assert later.evaluate("window.ran") is None


def test_allowing_for_always_holds_in_every_later_session(page: Page, product: Product) -> None:
    product.add_page("", ANALYTICS)
    ask(page, product)
    said = answer(page, "pulse", "always")

    later = page.context.new_page()
    later.goto(product.url)

    assert said["services"] == {"pulse": True}
    later.wait_for_function("window.ran?.length === 1")
    expect(later.locator("#cs-question")).to_have_count(0)


def test_a_later_refusal_of_all_ends_what_was_allowed_this_time(
    page: Page, product: Product
) -> None:
    product.add_page("", ANALYTICS)
    ask(page, product)
    answer(page, "pulse", "allow")

    page.evaluate("ConsentBanner.refuseAll()")
    page.reload()

    expect(page.locator("#cs-reopen")).to_be_visible()
    settle(page)
    assert page.evaluate("[window.ran, sessionStorage.getItem('cs_once')]") == [None, "[]"]


def test_a_service_that_joins_the_page_later_asks_then(page: Page, product: Product) -> None:
    product.add_page("", "<p>Nothing to ask about yet.</p>")
    question = ask(page, product)
    settle(page)
    expect(question).to_have_count(0)

    page.evaluate(
        "(video) => document.querySelector('main').insertAdjacentHTML('beforeend', video)", VIDEO
    )

    expect(about(page, "reelbrook")).to_be_visible()
    assert product.gated_requests() == NOTHING


def test_escape_puts_a_question_off_until_the_next_page_view(page: Page, product: Product) -> None:
    product.add_page("", ANALYTICS)
    question = ask(page, product)
    before = page.evaluate("document.cookie")
    question.locator("[data-role=refuse]").focus()

    page.keyboard.press("Escape")

    expect(question).to_have_count(0)
    assert page.evaluate("document.cookie").startswith(before)  # no decision, no new id
    page.reload()
    expect(about(page, "pulse")).to_be_visible()


def test_a_gated_part_of_an_unknown_service_stays_held_back_and_unasked(
    page: Page, product: Product
) -> None:
    product.add_page(
        "",
        '<script type="text/plain" data-category="analytics" data-service="nobody"'
        ' data-src="analytics.js"></script>',
    )
    question = ask(page, product)

    settle(page)

    expect(question).to_have_count(0)
    assert product.gated_requests() == NOTHING


def test_refusing_all_afterwards_takes_back_the_answers(page: Page, product: Product) -> None:
    product.add_page("", VIDEO)
    ask(page, product)
    answer(page, "reelbrook", "allow")
    expect(page.frame_locator("main iframe").get_by_text("film")).to_be_visible()
    page.locator("#cs-reopen").click()

    page.locator("#cs-preferences [data-role=necessary]").click()

    expect(page.locator(".cs-embed")).to_be_visible()
    expect(page.frame_locator("main iframe").get_by_text("film")).to_have_count(0)
