"""The gate: nothing optional runs before it is granted; what is granted runs as the page meant."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from support.browser import MakeContext, wait_until
from support.gated_page import (
    ANALYTICS,
    GATED,
    VIDEO,
    Product,
    body_of,
    choose,
    choose_and_record,
    optional_cookies,
    settle,
)

NOTHING: dict[str, int] = {}
_NOTE_WHEN_PASSED = """() => new MutationObserver(() => {
  if (document.querySelector('script[src$="marketing.js"][type=""]')) window.passedAt ??= Date.now()
}).observe(document, { childList: true, subtree: true })"""
ONCE = {"analytics.js": 1, "marketing.js": 1, "video.html": 1}


def expect_ran(page: Page, *names: str) -> None:
    """Waits until exactly these scripts have run, in this order."""
    settle(page)
    wait_until(page, "names => JSON.stringify(window.ran ?? []) === names", compact(names))


def compact(names: tuple[str, ...]) -> str:
    return "[" + ",".join(f'"{name}"' for name in names) + "]"


def inline(name: str, marks: str) -> str:
    """An inline script that is gated by marks and says that it ran."""
    return f"<script type='text/plain' {marks}>(window.ran ??= []).push('{name}')</script>"


def decide(page: Page, call: str) -> None:
    """Decides by the script global, as a page does."""
    page.evaluate(f"ConsentBanner.{call}")
    settle(page)


def test_before_a_choice_nothing_optional_is_requested_or_stored(
    page: Page, product: Product
) -> None:
    product.open(page)

    settle(page)

    assert product.gated_requests() == NOTHING
    assert optional_cookies(page.context) == set()


@pytest.mark.parametrize("role", ["necessary", "ask"])
def test_after_a_choice_that_grants_nothing_nothing_optional_is_requested_or_stored(
    page: Page, product: Product, role: str
) -> None:
    product.open(page)

    choose(page, role)
    settle(page)
    page.reload()
    settle(page)

    assert product.gated_requests() == NOTHING
    assert optional_cookies(page.context) == set()


def test_after_allowing_all_everything_starts_once_without_a_reload(
    page: Page, product: Product
) -> None:
    product.open(page)

    choose(page, "all")

    expect(page.frame_locator("main iframe").get_by_text("film")).to_be_visible()
    expect_ran(page, "analytics", "marketing")
    assert product.gated_requests() == ONCE
    assert optional_cookies(page.context) == {"pulse_id", "lantern_seen", "reel_viewer"}


def test_on_the_next_page_view_what_was_granted_starts_without_a_question(
    page: Page, product: Product
) -> None:
    product.open(page)
    choose(page, "all")
    expect_ran(page, "analytics", "marketing")

    page.reload()

    expect(page.frame_locator("main iframe").get_by_text("film")).to_be_visible()
    expect_ran(page, "analytics", "marketing")
    expect(page.locator("#cs-notice")).to_have_count(0)


def test_only_the_purposes_that_were_granted_start(page: Page, product: Product) -> None:
    product.open(page)

    decide(page, "acceptCategory(['analytics'])")

    expect_ran(page, "analytics")
    assert product.gated_requests() == {"analytics.js": 1}


def test_scripts_run_in_page_order_each_after_the_one_before_has_loaded(
    page: Page, product: Product
) -> None:
    product.add_file("slow.js", "(window.ran ??= []).push('slow'); window.slow = true")
    product.add_page(
        "",
        '<script type="text/plain" data-category="analytics" data-src="slow.js"></script>'
        + inline("needs slow: ' + window.slow + '", 'data-category="analytics"')
        + '<script type="text/plain" data-category="marketing" src="marketing.js"></script>',
    )
    product.open(page)
    page.route("**/slow.js", lambda route: route.fulfill(response=route.fetch()))

    choose(page, "all")

    expect_ran(page, "slow", "needs slow: true", "marketing")


def test_a_script_that_fails_to_load_does_not_hold_up_the_next(
    page: Page, product: Product
) -> None:
    product.add_page(
        "",
        '<script type="text/plain" data-category="analytics" data-src="missing.js"></script>'
        + inline("after", 'data-category="analytics"'),
    )
    product.open(page)

    choose(page, "all")

    expect_ran(page, "after")


def test_a_script_that_hangs_is_passed_over_after_eight_seconds(
    clocked_page: Page, product: Product
) -> None:
    page = clocked_page
    product.open(page)
    page.route("**/analytics.js", lambda route: None)  # never answered
    page.evaluate(_NOTE_WHEN_PASSED)
    before = page.evaluate("Date.now()")
    with page.expect_request("**/analytics.js"):
        choose(page, "all")

    for _ in range(8):
        page.clock.run_for(1_000)

    expect_ran(page, "marketing")
    assert page.evaluate("window.passedAt") - before >= 8_000


def test_an_inverse_category_runs_only_when_a_granted_purpose_is_taken_back(
    page: Page, product: Product
) -> None:
    product.add_page("", inline("cleaned", 'data-category="!analytics"'))
    product.open(page)

    decide(page, "refuseAll()")
    expect_ran(page)
    decide(page, "acceptAll()")
    expect_ran(page)
    decide(page, "withdraw()")

    expect_ran(page, "cleaned")


def test_a_module_runs_as_a_module(page: Page, product: Product) -> None:
    product.add_file("tool.js", "export const name = 'module'")
    product.add_page(
        "",
        '<script type="text/plain" data-type="module" data-category="analytics">'
        "import { name } from './tool.js'; (window.ran ??= []).push(name)</script>",
    )
    product.open(page)
    settle(page)
    assert product.asked_for("tool.js") == 0

    choose(page, "all")

    expect_ran(page, "module")


@pytest.mark.parametrize("granted", [True, False], ids=["granted", "refused"])
def test_parts_that_join_the_page_later_are_held_to_the_same_choice(
    page: Page, product: Product, granted: bool
) -> None:
    product.add_page("", "")
    product.open(page)
    choose(page, "all" if granted else "necessary")

    page.evaluate(
        """(gated) => {
          const part = document.createRange().createContextualFragment(gated)
          document.querySelector('main').append(part)
        }""",
        GATED,
    )

    if granted:
        expect(page.frame_locator("main iframe").get_by_text("film")).to_be_visible()
        expect_ran(page, "analytics", "marketing")
    else:
        expect_ran(page)
        assert product.gated_requests() == NOTHING


def test_a_script_that_came_as_html_text_runs_and_stays_where_its_framework_put_it(
    page: Page, product: Product
) -> None:
    product.add_page("", "")
    product.open(page)
    choose(page, "all")

    page.evaluate(
        """(gated) => {
          const made = Object.assign(document.createElement('div'), { innerHTML: gated })
          window.kept = made.firstChild
          kept.addEventListener('load', () => (window.heard = true))
          document.querySelector('main').append(kept)
        }""",
        ANALYTICS,
    )

    expect_ran(page, "analytics")
    wait_until(page, "window.heard")
    assert page.evaluate("kept.isConnected && kept.parentNode.removeChild(kept) === kept")


def test_a_purpose_that_nobody_declared_is_never_granted(page: Page, product: Product) -> None:
    product.add_page(
        "",
        inline("unknown", 'data-category="profiling"')
        + inline("inherited", 'data-category="constructor"')
        + inline("known", 'data-category="analytics"'),
    )
    product.open(page)

    choose(page, "all")

    expect_ran(page, "known")


def test_a_frame_comes_goes_and_comes_back_with_the_decision(page: Page, product: Product) -> None:
    product.add_page("", VIDEO)
    product.open(page)
    film = page.frame_locator("main iframe").get_by_text("film")
    cover = page.locator(".cs-embed")
    expect(cover).to_be_visible()

    decide(page, "acceptAll()")
    expect(film).to_be_visible()
    expect(cover).to_have_count(0)
    decide(page, "withdraw()")
    expect(cover).to_be_visible()
    expect(film).to_have_count(0)
    decide(page, "acceptAll()")

    expect(film).to_be_visible()
    expect(cover).to_have_count(0)


def test_a_frame_that_is_taken_away_adds_no_step_to_the_history(
    page: Page, product: Product
) -> None:
    product.add_page("", VIDEO)
    product.open(page)
    before = page.evaluate("history.length")

    decide(page, "acceptAll()")
    expect(page.frame_locator("main iframe").get_by_text("film")).to_be_visible()
    decide(page, "refuseAll()")
    expect(page.locator(".cs-embed")).to_be_visible()

    assert page.evaluate("history.length") == before


def test_a_frame_that_the_page_does_not_hold_back_is_not_covered(
    page: Page, product: Product
) -> None:
    product.add_page("", '<iframe src="video.html" data-category="marketing"></iframe>' + VIDEO)

    product.open(page)

    expect(page.locator(".cs-embed")).to_have_count(1)
    expect(page.frame_locator("main iframe >> nth=0").get_by_text("film")).to_be_visible()


def test_the_placeholder_covers_the_frame_and_names_the_service(
    page: Page, product: Product
) -> None:
    product.add_page("", VIDEO)
    product.open(page)

    cover = page.get_by_role("group", name="Tour")

    expect(cover).to_contain_text("Reelbrook")
    assert cover.bounding_box() == page.locator("main iframe").bounding_box()


def test_loading_a_frame_this_time_decides_nothing_and_ends_with_the_page(
    page: Page, product: Product
) -> None:
    product.add_page("", VIDEO)
    product.open(page)
    choose_and_record(page, "necessary")
    before = page.evaluate("document.cookie")

    page.locator("[data-role=embed-load]").click()

    expect(page.frame_locator("main iframe").get_by_text("film")).to_be_visible()
    assert before in page.evaluate("document.cookie")  # beside the film's own
    page.reload()
    expect(page.locator(".cs-embed")).to_be_visible()
    assert product.asked_for("video.html") == 1


def test_always_loading_a_frame_grants_that_service_and_no_other(
    page: Page, product: Product
) -> None:
    product.open(page)
    choose_and_record(page, "necessary")

    with page.expect_request("**/v1/consents") as sent:
        page.locator("[data-role=embed-always]").click()

    expect(page.frame_locator("main iframe").get_by_text("film")).to_be_visible()
    said = body_of(sent.value)
    assert (said["action"], said["layer"]) == ("customise", "placeholder")
    assert (said["services"], any(said["decisions"].values())) == ({"reelbrook": True}, False)
    page.reload()
    expect(page.frame_locator("main iframe").get_by_text("film")).to_be_visible()
    settle(page)
    assert product.gated_requests() == {"video.html": 2}


def test_under_a_strict_policy_everything_works_and_nothing_is_reported(
    page: Page, product: Product
) -> None:
    policy = (
        "script-src 'nonce-x' 'strict-dynamic'; style-src 'self'; object-src 'none';"
        " base-uri 'none'; require-trusted-types-for 'script'; trusted-types consent-server"
    )
    nonce = '<script nonce="x"'
    product.add_page(
        "",
        "<p>Strict.</p>"
        '<script nonce="x" type="text/plain" data-category="analytics"'
        ' data-src="analytics.js"></script>'
        '<script nonce="x" type="text/plain" data-category="analytics">'
        "(window.ran ??= []).push('inline')</script>" + VIDEO,
        head=f"{nonce}>window.violations = []; addEventListener('securitypolicyviolation',"
        " (event) => window.violations.push([event.violatedDirective, event.sample]))</script>",
        tag=product.tag.replace("<script", nonce),
        headers={"Content-Security-Policy": policy},
    )
    notice = product.open(page)
    expect(notice).to_have_css("position", "fixed")  # styled, although the policy bars styles
    notice.locator("[data-role=show]").click()
    page.locator("#cs-preferences [data-role=close]").click()

    choose(page, "all")

    wait_until(page, "window.ran?.length === 2")
    assert page.evaluate("window.ran") == ["analytics", "inline"]
    expect(page.frame_locator("main iframe").get_by_text("film")).to_be_visible()
    page.locator("#cs-reopen").click()
    page.locator("#cs-preferences [data-role=withdraw]").click()
    expect(page.locator(".cs-embed")).to_be_visible()
    assert page.evaluate("window.violations") == []


def test_a_gated_script_without_the_pages_nonce_is_not_lent_ours(
    page: Page, product: Product
) -> None:
    product.add_page(
        "",
        inline("smuggled", 'data-category="analytics"')
        + inline("vouched", 'nonce="x" data-category="analytics"'),
        tag=product.tag.replace("<script", '<script nonce="x"'),
        headers={"Content-Security-Policy": "script-src 'nonce-x'"},
    )
    product.open(page)

    choose(page, "all")

    wait_until(page, "window.ran?.length > 0")
    assert page.evaluate("window.ran") == ["vouched"]


def test_without_the_service_the_page_stays_usable_and_nothing_optional_runs(
    make_context: MakeContext, product: Product
) -> None:
    page = make_context().new_page()
    page.route("**/embed/**", lambda route: route.abort())

    page.goto(product.url)

    expect(page.get_by_role("heading", name="Record your screen")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert product.gated_requests() == NOTHING
