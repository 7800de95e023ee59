"""The way of a decision to the server: exactly one record, whatever happens on the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Request, Route, expect

from consent_server.policies.wording import BUILT_IN
from support.browser import MakeContext, wait_until
from support.gated_page import Product, choose, choose_and_record
from support.product_page import ProductPages
from support.service import MakeService

REFUSED = {"functional": False, "analytics": False, "marketing": False}
GRANTED = dict.fromkeys(REFUSED, True)
QUEUE = "JSON.parse(localStorage.getItem('cs_' + ConsentBanner.getConfig('site')) ?? '[]')"


def expect_queue(page: Page, count: int) -> None:
    """Waits until that many submissions wait in the browser."""
    wait_until(page, f"count => {QUEUE}.length === count", count)


@pytest.fixture
def fragile_product(
    make_service: MakeService, product_pages: ProductPages, notice_file: Path
) -> Product:
    """A product with a service of its own, which the test may stop; its script stays cached."""
    service = make_service({"CONSENT_EMBED_MAX_AGE_SECONDS": "300"})
    key = service.add_site(product_pages.origin, notice=str(notice_file))
    service.start()
    return Product(service, product_pages, key, service.tag)


def failed_sending(page: Page) -> Any:
    """Waits, as a context, for a submission that does not reach the service."""
    return page.expect_event("requestfailed", is_submission)


def rows_once_there(product: Product) -> list[dict[str, Any]]:
    """Returns the records of a product's site, and looks again a few times while there is none."""
    looks = (product.rows() for _ in range(5))
    return next((rows for rows in looks if rows), [])


def is_submission(request: Request) -> bool:
    return request.url.endswith("/v1/consents")


@pytest.mark.parametrize(
    ("role", "action", "decisions"),
    [
        pytest.param("all", "accept_all", GRANTED, id="allow all"),
        pytest.param("ask", "ask_each", REFUSED, id="ask me each time"),
        pytest.param("necessary", "refuse_all", REFUSED, id="refuse all"),
    ],
)
def test_the_record_on_the_server_is_the_choice_that_was_made(
    page: Page, own_product: Product, role: str, action: str, decisions: dict[str, bool]
) -> None:
    own_product.add_page("", "")
    own_product.open(page)

    answer = choose_and_record(page, role)

    [row] = own_product.rows()
    expected = {
        "consent_id": answer["consent_id"],
        "action": action,
        "decisions": decisions,
        "services": {},
        "policy_version": 1,
        "language": "en",
        "text_sha256": own_product.config("en")["sha256"],
        "layer": "notice",
        "trusted": True,
        "gpc": False,
    }
    assert {name: row[name] for name in expected} == expected


def test_the_record_names_the_language_and_the_hash_of_the_text_that_was_shown(
    page: Page, own_product: Product
) -> None:
    own_product.add_page("", "", lang="ko")
    notice = own_product.open(page)
    expect(notice).to_contain_text(BUILT_IN["ko"]["texts"]["title"])

    choose_and_record(page, "necessary")

    [row] = own_product.rows()
    assert (row["language"], row["text_sha256"]) == ("ko", own_product.config("ko")["sha256"])
    assert row["text_sha256"] != own_product.config("en")["sha256"]


def test_a_click_by_a_script_is_recorded_as_one(page: Page, own_product: Product) -> None:
    own_product.open(page)

    with page.expect_response("**/v1/consents"):
        page.evaluate("document.querySelector('#cs-notice [data-role=necessary]').click()")

    [row] = own_product.rows()
    assert (row["action"], row["trusted"], row["layer"]) == ("refuse_all", False, "notice")


def test_later_decisions_of_a_browser_are_new_records_of_the_same_visitor(
    page: Page, own_product: Product
) -> None:
    own_product.open(page)
    choose_and_record(page, "all")
    page.locator("#cs-reopen").click()

    with page.expect_response("**/v1/consents"):
        page.locator("#cs-preferences [data-role=withdraw]").click()

    first, second = own_product.rows()
    assert (first["action"], second["action"]) == ("accept_all", "withdraw")
    assert first["visitor_id"] == second["visitor_id"]
    assert first["decisions"] == GRANTED  # the withdrawal changed nothing of what was there


def test_leaving_the_page_right_after_the_click_still_yields_the_record(
    page: Page, own_product: Product
) -> None:
    away = own_product.add_page("away.html", "<p>elsewhere</p>", tag="")
    own_product.add_page("", "")
    own_product.open(page)
    page.evaluate(
        """(away) => document.querySelector('#cs-notice [data-role=all]')
          .addEventListener('click', () => location.assign(away))""",
        away,
    )

    choose(page, "all")
    page.wait_for_url(away)

    # Nobody is left on the page to see the answer, so only the server can tell that it arrived.
    assert [row["action"] for row in rows_once_there(own_product)] == ["accept_all"]


def test_closing_the_tab_right_after_the_click_still_yields_one_record(
    make_context: MakeContext, own_product: Product
) -> None:
    context = make_context()
    page, next_page = context.new_page(), context.new_page()
    own_product.open(page)

    choose(page, "necessary")
    page.close()
    next_page.goto(own_product.url)  # sends what may have been left behind

    expect_queue(next_page, 0)
    assert [row["action"] for row in own_product.rows()] == ["refuse_all"]


def test_a_service_that_is_down_for_three_page_views_holds_one_row_afterwards(
    page: Page, fragile_product: Product
) -> None:
    fragile_product.open(page)
    fragile_product.service.stop()

    with failed_sending(page):
        choose(page, "necessary")
    for _ in range(2):
        with failed_sending(page):
            page.goto(fragile_product.url)
        expect(page.locator("#cs-reopen")).to_be_visible()  # the choice holds all the same
        expect_queue(page, 1)
    fragile_product.service.start()
    page.goto(fragile_product.url)
    expect_queue(page, 0)
    page.goto(fragile_product.url)
    expect(page.locator("#cs-reopen")).to_be_visible()

    assert [row["action"] for row in fragile_product.rows()] == ["refuse_all"]
    assert fragile_product.gated_requests() == {}


def test_two_choices_while_the_service_is_down_become_two_rows_in_order(
    page: Page, fragile_product: Product
) -> None:
    fragile_product.open(page)
    fragile_product.service.stop()
    with failed_sending(page):
        choose(page, "all")
    page.locator("#cs-reopen").click()
    with failed_sending(page):
        choose(
            page, "necessary"
        )  # the preferences cannot be fetched now; the three choices are here

    fragile_product.service.start()
    page.goto(fragile_product.url)
    expect_queue(page, 0)

    first, second = fragile_product.rows()
    assert (first["action"], second["action"]) == ("accept_all", "refuse_all")
    assert first["visitor_id"] == second["visitor_id"]


def test_an_answer_that_is_lost_on_the_way_makes_no_second_record(
    page: Page, own_product: Product
) -> None:
    own_product.open(page)

    def lose_the_answer(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/v1/consents", lose_the_answer)
    with failed_sending(page):
        choose(page, "all")
    page.unroute("**/v1/consents")
    page.goto(own_product.url)
    expect_queue(page, 0)

    assert [row["action"] for row in own_product.rows()] == ["accept_all"]


@pytest.mark.parametrize(
    ("status", "kept"),
    [
        pytest.param(408, 1, id="408 is for later"),
        pytest.param(429, 1, id="429 is for later"),
        pytest.param(503, 1, id="503 is for later"),
        pytest.param(403, 0, id="403 is for good"),
        pytest.param(409, 0, id="409 is for good"),
        pytest.param(422, 0, id="422 is for good"),
    ],
)
def test_a_refused_submission_is_kept_only_when_the_server_may_take_it_later(
    page: Page, product: Product, status: int, kept: int
) -> None:
    product.open(page)
    page.route("**/v1/consents", lambda route: route.fulfill(status=status, json={}))

    with page.expect_event("requestfinished", is_submission):
        choose(page, "necessary")

    page.evaluate("() => new Promise((done) => setTimeout(done))")
    expect_queue(page, kept)


@pytest.mark.parametrize("status", [429, 503])
def test_a_page_that_stays_open_sends_again_after_a_minute(
    clocked_page: Page, own_product: Product, status: int
) -> None:
    page = clocked_page
    own_product.open(page)
    page.route("**/v1/consents", lambda route: route.fulfill(status=status, json={}))
    with page.expect_event("requestfinished", is_submission):
        choose(page, "all")
        page.clock.run_for(1_000)
    page.unroute("**/v1/consents")

    page.clock.run_for(60_000)
    expect_queue(page, 0)

    assert [row["action"] for row in own_product.rows()] == ["accept_all"]


def test_a_choice_that_is_still_to_be_sent_is_sent_though_the_one_before_was_answered(
    page: Page, own_product: Product
) -> None:
    own_product.open(page)
    answered: list[str] = []

    def answer_the_first(route: Route) -> None:
        answered.append(route.request.url)
        if len(answered) == 2:  # the first is sent again after the second was made
            route.continue_()
        else:
            route.abort()

    page.route("**/v1/consents", answer_the_first)
    with failed_sending(page):
        choose(page, "all")
    with failed_sending(page):
        page.evaluate("ConsentBanner.withdraw()")
    expect_queue(page, 1)
    page.unroute("**/v1/consents")

    page.goto(own_product.url)

    expect_queue(page, 0)
    assert [row["action"] for row in own_product.rows()] == ["accept_all", "withdraw"]


def test_the_queue_is_bounded_and_drops_the_oldest(page: Page, product: Product) -> None:
    product.open(page)
    page.route("**/v1/consents", lambda route: route.abort())

    page.evaluate("() => { for (let n = 0; n < 12; n++) ConsentBanner.refuseAll() }")
    page.evaluate("ConsentBanner.acceptAll()")

    wait_until(page, f"{QUEUE}.at(-1)?.action === 'accept_all'")
    assert page.evaluate(f"{QUEUE}.length") == 10


def test_a_visitor_without_storage_is_recorded_all_the_same(
    page: Page, own_product: Product
) -> None:
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new Error('closed') } })"
    )
    own_product.open(page)

    choose_and_record(page, "all")

    assert [row["action"] for row in own_product.rows()] == ["accept_all"]


def test_every_page_view_is_one_visit_with_its_path_and_without_its_query(
    page: Page, own_product: Product
) -> None:
    own_product.add_page("", "<a href='pricing.html?plan=team&name=kim#top'>Pricing</a>")
    own_product.add_page("pricing.html", "<p>Prices</p>")

    with page.expect_event("requestfinished", is_visit):
        page.goto(own_product.url)
    with page.expect_event("requestfinished", is_visit) as reported:
        page.get_by_role("link", name="Pricing").click()
    choose_and_record(page, "necessary")
    with page.expect_event("requestfinished", is_visit):
        page.reload()

    visits = own_product.visits()
    pricing = own_product.path_of("pricing.html")
    assert [visit["path"] for visit in visits] == [own_product.path_of(), pricing, pricing]
    assert visits[1]["referrer"] == own_product.url.removesuffix(own_product.path_of())
    assert "kim" not in (reported.value.post_data or "kim")  # it does not even leave the browser
    assert "kim" not in str(visits)
    [row] = own_product.rows()
    assert [visit["visitor"] for visit in visits] == ["", "", row["visitor_id"]]


def test_by_consent_only_views_after_the_grant_are_reported(
    page: Page, own_product: Product
) -> None:
    own_product.service.run_cli("sites", "set", own_product.site_key, "--visit-basis", "consent")
    own_product.add_page("", "<p>Prices</p>")
    reported: list[Request] = []
    page.on("request", lambda request: reported.append(request) if is_visit(request) else None)

    page.goto(own_product.url)
    choose_and_record(page, "all")
    before = len(reported)
    with page.expect_event("requestfinished", is_visit):
        page.reload()

    [row] = own_product.rows()
    assert before == 0
    assert [visit["visitor"] for visit in own_product.visits()] == [row["visitor_id"]]


def is_visit(request: Request) -> bool:
    return request.url.endswith("/v1/visits")
