"""Whatever an operator writes is text: it is shown letter by letter and never runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from support.browser import MakeContext
from support.gated_page import Product, choose, write_notice
from support.hostile import CORPUS, SITE, hostile_notice, hostile_texts
from support.product_page import ProductPages
from support.service import Service

TEXTS = hostile_texts()
GATED = "".join(
    f'<script type="text/plain" data-category="p{number % 12}" data-service="s{number}"></script>'
    f'<iframe data-category="p{number % 12}" data-service="s{number}" data-src="video.html"'
    ' title="film" width="900" height="400"></iframe>'
    for number in range(len(CORPUS))
)
# Counts what ran, in frames too, and what the page would have if a text had become markup.
_COUNT_ALARMS = "top.alarms ??= 0; window.alert = () => { top.alarms += 1 }"
_MARKUP = """() => [...document.querySelectorAll(
  'img[src=x], svg[onload], [onerror], [onload], [onmouseover], [srcdoc], math, mi,'
  + ' a[href^="javascript:" i], script:not([src], [data-service])'
)].map((node) => node.outerHTML)"""


@pytest.fixture(scope="module")
def hostile_site(
    standing_service: Service, standing_pages: ProductPages, tmp_path_factory: Any
) -> tuple[str, str]:
    """Key and tag of a site that is an attack all over."""
    folder = tmp_path_factory.mktemp("hostile")
    notice = write_notice(folder / "notice.json", hostile_notice())
    key = standing_service.add_site(standing_pages.origin, notice=str(notice), **SITE)
    return key, standing_service.tag


@pytest.fixture
def hostile(
    standing_service: Service, standing_pages: ProductPages, hostile_site: tuple[str, str]
) -> Product:
    """The product page of that site."""
    product = Product(standing_service, standing_pages, *hostile_site)
    product.add_page("", GATED)
    return product


@pytest.fixture
def guarded(make_context: MakeContext) -> Iterator[Page]:
    """A page that must have met no alarm when the test is over; told of a signal (GPC)."""
    page = make_context(extra_http_headers={"Sec-GPC": "1"}).new_page()
    page.add_init_script(_COUNT_ALARMS)
    yield page
    assert page.evaluate("top.alarms") == 0


def expect_letters(page: Page, shown: Locator, *texts: str) -> None:
    """Holds when each text stands there as it was written, and none has become markup."""
    said = shown.evaluate("shown => shown.textContent")
    assert [text for text in texts if text not in said] == []
    assert page.evaluate(_MARKUP) == []


def test_the_alarm_rings_when_something_runs(make_context: MakeContext, hostile: Product) -> None:
    page = make_context().new_page()
    page.add_init_script(_COUNT_ALARMS)

    page.goto(hostile.add_page("open", "".join(CORPUS), tag=""))

    page.wait_for_function("top.alarms > 2")
    assert len(page.evaluate(_MARKUP)) > 4


def test_the_notice_is_inert(guarded: Page, hostile: Product) -> None:
    notice = hostile.open(guarded)

    first = ("title", "body", "gpc", "accept_all", "ask_each", "refuse_all", "details")
    expect_letters(guarded, notice, *CORPUS, *(TEXTS[key] for key in first))
    expect(notice).to_have_attribute("aria-label", TEXTS["title"])


def test_the_preferences_are_inert(guarded: Page, hostile: Product) -> None:
    hostile.open(guarded)
    choose(guarded, "all")
    expect(guarded.get_by_role("status")).to_have_text(TEXTS["saved"])
    expect(guarded.locator("#cs-reopen")).to_have_attribute("title", TEXTS["reopen"])

    guarded.locator("#cs-reopen").click()
    dialog = guarded.locator("#cs-preferences")
    for summary in dialog.locator("summary").all():
        summary.click()

    second = (
        *("preferences_title", "preferences_body", "necessary", "necessary_text", "always_on"),
        *("services", "vendor", "stores", "keeps", "save", "withdraw", "policy"),
        *("consent_id", "decided_at"),
    )
    expect_letters(guarded, dialog, *CORPUS, *(TEXTS[key] for key in second))
    expect(dialog.locator("[data-role=close]")).to_have_attribute("aria-label", TEXTS["close"])


def test_every_question_is_inert(guarded: Page, hostile: Product) -> None:
    hostile.open(guarded)
    choose(guarded, "ask")

    for number, attack in enumerate(CORPUS):
        question = guarded.locator(f"#cs-question[data-service=s{number}]")
        expect(question).to_be_visible()
        said = TEXTS["question_body"].replace("{service} {stores} {keeps}", " ".join([attack] * 3))
        expect_letters(
            guarded, question, said, TEXTS["question_title"], TEXTS["allow"], TEXTS["refuse"]
        )
        question.locator("[data-role=refuse]").click()


def test_every_placeholder_is_inert(guarded: Page, hostile: Product) -> None:
    hostile.open(guarded)
    expect(guarded.locator(".cs-embed")).to_have_count(len(CORPUS))

    for cover, attack in zip(guarded.locator(".cs-embed").all(), CORPUS, strict=True):
        said = TEXTS["embed_blocked"].replace("{service}", attack)
        expect_letters(guarded, cover, said, TEXTS["embed_load"], TEXTS["embed_always"])


def test_the_published_notice_is_inert(guarded: Page, hostile: Product) -> None:
    guarded.goto(f"{hostile.service.url}/policies/{hostile.site_key}?lang=en")

    expect_letters(guarded, guarded.locator("html"), *CORPUS, *SITE.values(), TEXTS["reopen"])
    [contact] = guarded.locator("a", has_text=SITE["contact"]).all()
    assert (contact.get_attribute("href") or "").startswith("mailto:")


def test_the_preference_centre_is_inert(guarded: Page, hostile: Product) -> None:
    guarded.goto(f"{hostile.service.url}/preferences/{hostile.site_key}?lang=en")

    shown = ("accept_all", "ask_each", "refuse_all", "save", "preferences_title", "gpc")
    texts = (TEXTS[key] for key in shown)
    expect_letters(guarded, guarded.locator("html"), *CORPUS, *SITE.values(), *texts)


def test_the_console_is_inert(guarded: Page, hostile: Product) -> None:
    guarded.goto(hostile.url)
    guarded.locator("#cs-notice").wait_for()
    with guarded.expect_response("**/v1/consents") as answer:
        choose(guarded, "all")
    record = answer.value.json()["consent_id"]
    sign_in(guarded, hostile.service)
    reason = CORPUS[1]
    guarded.goto(f"{hostile.service.url}/admin/visits")
    guarded.get_by_label("Reason").fill(reason)
    guarded.get_by_role("button", name="Show visit records").click()

    rooms = {
        "": [],
        "sites": [SITE["name"]],
        f"sites/{hostile.site_key}": list(SITE.values()),
        f"sites/{hostile.site_key}/change": [SITE["name"]],
        "consents": [SITE["name"]],
        f"consents/{record}": [SITE["name"], *CORPUS[:12]],  # the names of the purposes
        "visits": [SITE["name"], reason],
        "exports": [SITE["name"]],
        "access-log": [reason],
    }
    for room, texts in rooms.items():
        guarded.goto(f"{hostile.service.url}/admin/{room}")
        expect_letters(guarded, guarded.locator("html"), *texts)


def sign_in(page: Page, service: Service) -> None:
    """Makes an owner and signs in to the console."""
    email = "hostile@example.com"
    added = service.run_cli("operators", "add", email, "--json").stdout
    page.goto(f"{service.url}/admin/")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(json.loads(added)["password"])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
