"""The cookie `cs_consent`: small, written in the click itself, and believed only when it fits."""

from __future__ import annotations

import base64
import time
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from consent_server.policies.schemas import PURPOSES_LIMIT, SERVICES_LIMIT
from support.gated_page import (
    OURS,
    MakeProduct,
    Product,
    body_of,
    choose,
    choose_and_record,
    cookies,
    expect_token,
    optional_cookies,
    our_cookie,
    settle,
)

BYTES_LIMIT = 150
DAY_SECONDS = 86_400
FORGED_TOKEN = f"{'A' * 22}.{'1'}.{'B' * 22}"


def plant(page: Page, value: str) -> None:
    """Puts a cookie into the jar as if it had been there before the page was opened."""
    page.context.add_cookies([{"name": OURS, "value": value, "domain": "localhost", "path": "/"}])


def accepted_cookie(product: Product, **changes: str) -> str:
    """A value that grants every purpose, with parts replaced."""
    parts = {
        "site": product.site_key[:6],
        "version": "1",
        "choice": f"0{3**7 + 1053:x}",  # accept all; 1053 = three trits "granted", four undecided
        "id": "8" * 8 + "-8888-4888-8888-" + "8" * 12,
        "time": base36(int(time.time())),
    }
    return ".".join((parts | changes).values())


def base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return digits


def days_ago(days: float) -> str:
    return base36(int(time.time() - days * DAY_SECONDS))


def test_the_cookie_with_token_has_at_most_150_bytes_with_its_name(
    page: Page, product: Product
) -> None:
    product.open(page)

    choose_and_record(page, "all")

    assert len(f"{OURS}={our_cookie(page.context)}".encode()) <= BYTES_LIMIT


def test_the_largest_notice_fits_into_the_cookie(page: Page, make_product: MakeProduct) -> None:
    purposes = [f"purpose_{number}" for number in range(PURPOSES_LIMIT)]
    wording = {"names": {"en": "Name"}, "texts": {"en": "Text"}}
    product = make_product(
        languages=["en"],
        purposes=[{"key": key, **wording} for key in purposes],
        services=[
            {
                "key": f"service_{number}",
                "purpose": purposes[number % PURPOSES_LIMIT],
                "name": "Name",
                "vendor": "Ltd.",
                "stores": {"en": "cookie"},
                "keeps": {"en": "1 day"},
            }
            for number in range(SERVICES_LIMIT)
        ],
    )
    product.open(page)
    page.evaluate("""() => Promise.all(ConsentBanner.getConfig('purposes').map((purpose) =>
      ConsentBanner.acceptService('all', purpose)))""")

    choose_and_record(page, "all")
    page.evaluate("ConsentBanner.acceptService([], 'purpose_11')")

    assert len(f"{OURS}={our_cookie(page.context)}".encode()) < BYTES_LIMIT  # a version of 1 digit
    page.reload()
    expect(page.locator("#cs-reopen")).to_be_visible()
    assert page.evaluate("ConsentBanner.getUserPreferences().acceptType") == "all"


def test_the_cookie_is_written_in_the_click_itself(page: Page, product: Product) -> None:
    product.open(page)

    in_the_same_task = page.evaluate("""() => {
      document.querySelector('#cs-notice [data-role=necessary]').click()
      return document.cookie
    }""")

    assert in_the_same_task.startswith(f"{OURS}={product.site_key[:6]}.1.1")


def test_the_token_joins_the_cookie_when_the_answer_arrives(page: Page, product: Product) -> None:
    product.open(page)
    page.route("**/v1/consents", lambda route: route.abort())
    with page.expect_event("requestfailed"):
        choose(page, "all")
    without = our_cookie(page.context)

    page.unroute("**/v1/consents")
    with page.expect_response("**/v1/consents") as answer:
        page.goto(product.url)
    token = answer.value.json()["token"]
    expect_token(page, token)

    assert our_cookie(page.context) == f"{without}.{token}"


def test_the_cookie_lasts_as_long_as_the_choice_and_stays_on_the_site(
    page: Page, product: Product
) -> None:
    product.open(page)
    choose_and_record(page, "all")

    [cookie] = [one for one in page.context.cookies() if one["name"] == OURS]

    assert (cookie["path"], cookie["sameSite"], cookie["domain"]) == ("/", "Lax", "localhost")
    assert cookie["expires"] == pytest.approx(time.time() + 182 * DAY_SECONDS, abs=120)


def test_the_cookie_holds_choice_id_and_time_but_no_address_and_no_user_agent(
    page: Page, product: Product
) -> None:
    product.open(page)
    answer = choose_and_record(page, "all")

    parts = (our_cookie(page.context) or "").split(".")

    assert parts[:3] == [product.site_key[:6], "1", f"0{3**7 + 1053:x}"]
    assert parts[3] == answer["consent_id"]
    assert int(parts[4], 36) == pytest.approx(time.time(), abs=60)
    assert ".".join(parts[5:]) == answer["token"]  # and nothing else is in it
    token_bytes = base64.urlsafe_b64decode(parts[5] + "==")
    assert bytes([127, 0, 0, 1]) not in token_bytes


def test_a_value_that_fits_is_believed(page: Page, product: Product) -> None:
    plant(page, accepted_cookie(product))

    page.goto(product.url)

    expect(page.frame_locator("main iframe").get_by_text("film")).to_be_visible()
    expect(page.locator("#cs-notice")).to_have_count(0)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"site": "aaaaaa"}, id="another site"),
        pytest.param({"version": "2"}, id="a revision to come"),
        pytest.param({"version": "0"}, id="a revision that never was"),
        pytest.param({"version": ""}, id="no revision"),
        pytest.param({"choice": "0"}, id="no answers"),
        pytest.param({"choice": f"9{3**7 + 1053:x}"}, id="an unknown action"),
        pytest.param({"choice": f"0{3**8 + 3159:x}"}, id="more answers than there are questions"),
        pytest.param({"choice": f"0{3**6 + 351:x}"}, id="fewer answers"),
        pytest.param({"choice": "0zz"}, id="no number"),
        pytest.param({"choice": f"0{3**7:x}"}, id="no purpose decided"),
        pytest.param({"choice": "0%63a0"}, id="percent signs"),
        pytest.param({"id": "8" * 35}, id="a short id"),
        pytest.param({"id": "8" * 37}, id="a long id"),
        pytest.param({"time": days_ago(183)}, id="too old"),
        pytest.param({"time": days_ago(-2)}, id="from the future"),
        pytest.param({"time": ""}, id="no time"),
        pytest.param({"time": "z" * 9}, id="no time that a number holds"),
        pytest.param({"tail": "<script>"}, id="something behind"),
    ],
)
def test_a_value_that_does_not_fit_counts_as_undecided(
    page: Page, product: Product, changes: dict[str, str]
) -> None:
    plant(page, accepted_cookie(product, **changes))

    product.open(page)

    settle(page)
    assert product.gated_requests() == {}
    assert optional_cookies(page.context) == set()


@pytest.mark.parametrize("value", ["", "true", "1.", "%7B%22categories%22%3A%5B%5D%7D", "A" * 3000])
def test_a_value_of_another_make_counts_as_undecided(
    page: Page, product: Product, value: str
) -> None:
    plant(page, value)

    product.open(page)

    settle(page)
    assert product.gated_requests() == {}


def test_a_cookie_of_a_longer_name_is_not_mistaken_for_ours(page: Page, product: Product) -> None:
    page.context.add_cookies(
        [{"name": f"x{OURS}", "value": accepted_cookie(product), "url": product.url}]
    )

    product.open(page)

    settle(page)
    assert product.gated_requests() == {}


def test_a_forged_token_is_refused_by_the_server_and_replaced_by_a_fresh_one(
    page: Page, product: Product
) -> None:
    plant(page, accepted_cookie(product, version="0", token=FORGED_TOKEN))
    answers: list[tuple[str | None, int]] = []

    def note(response: Any) -> None:
        if response.url.endswith("/v1/consents"):
            sent = body_of(response.request)
            answers.append((sent["visitor"], response.status))

    page.on("response", note)
    product.open(page)

    with page.expect_response(
        lambda response: response.url.endswith("/v1/consents") and response.ok
    ) as answer:
        choose(page, "necessary")
    expect_token(page, answer.value.json()["token"])

    assert answers == [(FORGED_TOKEN, 403), (None, 201)]
    assert FORGED_TOKEN not in str(cookies(page.context))
    assert page.evaluate("localStorage.getItem('cs_' + ConsentBanner.getConfig('site'))") == "[]"


def test_a_token_outlives_the_choice_that_it_came_with(page: Page, product: Product) -> None:
    product.open(page)
    token = choose_and_record(page, "all")["token"]
    plant(page, accepted_cookie(product, time=days_ago(200), token=token))
    product.open(page)

    with page.expect_request("**/v1/consents") as sent:
        choose(page, "necessary")

    said = body_of(sent.value)
    assert said["visitor"] == token


def test_where_cookies_are_blocked_the_choice_holds_for_the_page_view(
    page: Page, product: Product
) -> None:
    page.add_init_script(
        "Object.defineProperty(document, 'cookie', { get: () => '', set: () => undefined })"
    )
    notice = product.open(page)

    choose(page, "all")

    expect(notice).to_have_count(0)
    expect(page.frame_locator("main iframe").get_by_text("film")).to_be_visible()
