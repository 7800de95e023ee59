"""A choice made under another tool is taken over once, and its record says so."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from support.browser import MakeContext
from support.gated_page import MakeProduct, Product, stored_action

ANALYTICS_ONLY = {"functional": False, "analytics": True, "marketing": False}
COOKIES = {
    "vanilla-cookieconsent": (
        "cc_cookie",
        quote(json.dumps({"categories": ["necessary", "analytics"], "revision": 0})),
    ),
    "c15t": ("c15t", "c.necessary:1,c.measurement:1,c.marketing:0,i.t:1764000000000"),
    "ConsentOS": (
        "_consentos_consent",
        quote(json.dumps({"accepted": ["necessary", "analytics"], "rejected": ["marketing"]})),
    ),
    "Cookiebot": (
        "CookieConsent",
        quote(
            "{stamp:'kMvQ==',necessary:true,preferences:false,statistics:true,marketing:false,"
            "method:'explicit',ver:1}"
        ),
    ),
}


def plant(page: Page, product: Product, **jar: str) -> None:
    page.context.add_cookies(
        [{"name": name, "value": value, "url": product.url} for name, value in jar.items()]
    )


@pytest.fixture
def importing(make_product: MakeProduct) -> Product:
    return make_product(banner={"import_choices": True})


@pytest.mark.parametrize("tool", COOKIES)
def test_a_choice_under_another_tool_is_taken_over_and_recorded_as_such(
    page: Page, importing: Product, tool: str
) -> None:
    name, value = COOKIES[tool]
    plant(page, importing, **{name: value})

    with page.expect_response("**/v1/consents") as answer:
        page.goto(importing.url)

    assert answer.value.status == 201
    expect(page.locator("#cs-reopen")).to_be_visible()
    [row] = importing.rows()
    assert (row["action"], row["decisions"], row["trusted"]) == ("import", ANALYTICS_ONLY, False)


def test_onetrust_counts_once_its_notice_was_answered(page: Page, importing: Product) -> None:
    groups = "isGpcEnabled=0&groups=" + quote("C0001:1,C0002:1,C0003:0,C0004:0")
    plant(page, importing, OptanonConsent=groups)
    importing.open(page)

    plant(page, importing, OptanonAlertBoxClosed="2026-11-01T09:00:00.000Z")
    with page.expect_response("**/v1/consents"):
        page.reload()

    [row] = importing.rows()
    assert (row["action"], row["decisions"]) == ("import", ANALYTICS_ONLY)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("klaro", quote('{"pulse": true, "adlantern": false}'), id="Klaro"),
        pytest.param("tarteaucitron", "!pulse=true!adlantern=false", id="tarteaucitron"),
    ],
)
def test_a_tool_that_asks_by_service_hands_over_its_services(
    page: Page, importing: Product, name: str, value: str
) -> None:
    plant(page, importing, **{name: value})

    with page.expect_response("**/v1/consents"):
        page.goto(importing.url)

    [row] = importing.rows()
    assert (row["action"], row["services"]) == ("import", {"pulse": True})
    assert not any(row["decisions"].values())
    page.wait_for_function("window.ran?.join() === 'analytics'")


def test_a_choice_is_imported_once_and_never_over_one_of_ours(
    page: Page, importing: Product
) -> None:
    name, value = COOKIES["vanilla-cookieconsent"]
    plant(page, importing, **{name: value})
    with page.expect_response("**/v1/consents"):
        page.goto(importing.url)
    with page.expect_response("**/v1/consents"):
        page.evaluate("ConsentBanner.withdraw()")

    page.reload()

    expect(page.locator("#cs-reopen")).to_be_visible()
    assert [row["action"] for row in importing.rows()] == ["import", "withdraw"]
    assert stored_action(page.context) == "withdraw"


@pytest.mark.parametrize("value", ["", "%7B", "null", "%5B1%5D", "{}", "!x=wait", "%E0%A4%A"])
def test_what_holds_no_choice_imports_nothing(page: Page, importing: Product, value: str) -> None:
    names = ["cc_cookie", "klaro", "c15t", "_consentos_consent", "tarteaucitron", "CookieConsent"]
    plant(page, importing, **dict.fromkeys(names, value))

    importing.open(page)

    assert stored_action(page.context) is None


def test_the_privacy_signal_holds_for_an_imported_choice_too(
    make_context: MakeContext, importing: Product
) -> None:
    page = make_context(extra_http_headers={"Sec-GPC": "1"}).new_page()
    everything = {"categories": ["necessary", "functional", "analytics", "marketing"]}
    plant(page, importing, cc_cookie=quote(json.dumps(everything)))

    with page.expect_response("**/v1/consents"):
        page.goto(importing.url)

    [row] = importing.rows()
    assert row["decisions"] == {"functional": True, "analytics": True, "marketing": False}


def test_a_site_that_does_not_want_it_asks(page: Page, product: Product) -> None:
    name, value = COOKIES["vanilla-cookieconsent"]
    plant(page, product, **{name: value})

    product.open(page)

    assert stored_action(page.context) is None
