"""The second layer: one switch per purpose, off by default, and nothing decided by leaving it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from consent_server.policies.wording import BUILT_IN
from support.browser import MakeContext
from support.gated_page import (
    NOTICE,
    MakeProduct,
    Product,
    body_of,
    choose,
    choose_and_record,
    our_cookie,
    settle,
)

TEXTS = BUILT_IN["en"]["texts"]
PURPOSES = ["functional", "analytics", "marketing"]


def open_preferences(page: Page, product: Product) -> Locator:
    """Opens the preferences from the notice of a fresh page."""
    product.open(page).locator("[data-role=show]").click()
    dialog = page.get_by_role("dialog", name=TEXTS["preferences_title"])
    expect(dialog).to_be_visible()
    return dialog


def switches(dialog: Locator) -> dict[str | None, bool]:
    found = dialog.get_by_role("switch").all()
    return {one.get_attribute("data-category"): one.is_checked() for one in found}


def test_they_are_fetched_before_they_are_opened(page: Page, product: Product) -> None:
    link = product.open(page).locator("[data-role=show]")

    with page.expect_response("**/preferences.js*"):
        link.hover()

    expect(page.locator("#cs-preferences")).to_have_count(0)


def test_every_switch_is_off_before_the_first_choice(page: Page, product: Product) -> None:
    dialog = open_preferences(page, product)

    assert switches(dialog) == dict.fromkeys(PURPOSES, False)


def test_what_is_necessary_stands_apart_without_a_switch(page: Page, product: Product) -> None:
    dialog = open_preferences(page, product)

    necessary = dialog.locator(".cs-purpose", has_text=TEXTS["necessary"])

    expect(necessary).to_contain_text(TEXTS["always_on"])
    expect(necessary).to_contain_text(TEXTS["necessary_text"])
    expect(necessary.locator("input, button")).to_have_count(0)


def test_each_purpose_names_its_services_with_vendor_storage_and_time(
    page: Page, product: Product
) -> None:
    dialog = open_preferences(page, product)
    marketing = dialog.locator(".cs-purpose", has=page.locator("[data-category=marketing]"))

    marketing.locator("summary").click()

    for fact in ("Adlantern", "Adlantern Ltd. (IE)", "cookie adlantern_id", "30 days", "Reelbrook"):
        expect(marketing.get_by_text(fact, exact=True).first).to_be_visible()
    expect(marketing.get_by_text("Pulse")).to_have_count(0)


def test_saving_grants_what_is_switched_on_and_refuses_the_rest(
    page: Page, product: Product
) -> None:
    dialog = open_preferences(page, product)
    dialog.get_by_role("switch", name="Statistics").check()

    with page.expect_request("**/v1/consents") as sent:
        dialog.locator("[data-role=save]").click()

    expect(dialog).to_have_count(0)
    expect(page.locator("#cs-notice")).to_have_count(0)
    said = body_of(sent.value)
    assert (said["action"], said["layer"], said["trusted"]) == ("customise", "preferences", True)
    assert said["decisions"] == {"functional": False, "analytics": True, "marketing": False}


def test_the_label_and_the_keyboard_work_a_switch(page: Page, product: Product) -> None:
    dialog = open_preferences(page, product)

    dialog.get_by_text("Statistics", exact=True).click()
    dialog.locator("[data-category=marketing]").focus()
    page.keyboard.press("Space")

    assert switches(dialog) == {"functional": False, "analytics": True, "marketing": True}


@pytest.mark.parametrize("way", ["button", "Escape", "backdrop"])
def test_closing_discards_what_was_switched_and_decides_nothing(
    page: Page, product: Product, way: str
) -> None:
    dialog = open_preferences(page, product)
    dialog.locator("[data-category=analytics]").check()

    if way == "button":
        dialog.locator("[data-role=close]").click()
    elif way == "Escape":
        page.keyboard.press("Escape")
    else:
        page.mouse.click(5, 5)

    expect(dialog).to_have_count(0)
    expect(page.locator("#cs-notice")).to_be_visible()
    assert our_cookie(page.context) is None
    page.locator("#cs-notice [data-role=show]").click()
    assert switches(page.locator("#cs-preferences")) == dict.fromkeys(PURPOSES, False)
    settle(page)
    assert product.gated_requests() == {}


def test_the_focus_goes_into_the_dialog_and_comes_back(page: Page, product: Product) -> None:
    dialog = open_preferences(page, product)
    expect(dialog.get_by_role("heading", name=TEXTS["preferences_title"])).to_be_focused()

    page.keyboard.press("Escape")

    expect(page.locator("#cs-notice [data-role=show]")).to_be_focused()


def test_the_focus_stays_in_the_dialog_while_it_is_open(page: Page, product: Product) -> None:
    product.add_page("", "<button>Buy</button>")
    open_preferences(page, product)

    outside = []
    for _ in range(20):
        page.keyboard.press("Tab")
        outside.append(
            page.evaluate(
                "document.activeElement !== document.body"  # the browser's own controls
                " && !document.activeElement.closest('#cs-preferences')"
            )
        )

    assert not any(outside)


def test_after_saving_the_focus_is_on_the_way_back(page: Page, product: Product) -> None:
    dialog = open_preferences(page, product)

    dialog.locator("[data-role=save]").press("Enter")

    expect(page.locator("#cs-reopen")).to_be_focused()


def test_the_reopen_button_is_there_on_every_later_page_and_shows_what_was_decided(
    page: Page, product: Product
) -> None:
    product.open(page)
    answer = choose_and_record(page, "all")
    page.goto(product.url)

    page.get_by_role("button", name=TEXTS["reopen"]).click()

    dialog = page.locator("#cs-preferences")
    expect(dialog).to_be_visible()
    assert switches(dialog) == dict.fromkeys(PURPOSES, True)
    expect(dialog).to_contain_text(answer["consent_id"])
    expect(page.locator("#cs-notice")).to_have_count(0)


def test_the_choices_stand_as_equals_in_the_preferences_too(page: Page, product: Product) -> None:
    dialog = open_preferences(page, product)

    looks = [
        dialog.locator(f"[data-role={role}]").evaluate("""(button) => {
          const { width, height } = button.getBoundingClientRect()
          const { color, backgroundColor, font, border } = getComputedStyle(button)
          return { width, height, color, backgroundColor, font, border }
        }""")
        for role in ("all", "ask", "necessary", "save")
    ]

    assert all(look == looks[0] for look in looks)


def test_withdrawing_is_offered_only_to_those_who_granted_something(
    page: Page, product: Product
) -> None:
    withdraw = page.locator("#cs-preferences [data-role=withdraw]")
    product.open(page)
    choose(page, "necessary")
    page.locator("#cs-reopen").click()
    expect(withdraw).to_have_count(0)

    page.locator("#cs-preferences [data-role=all]").click()
    page.locator("#cs-reopen").click()

    expect(withdraw).to_be_visible()


def test_preferences_that_a_blocker_hides_do_not_lock_the_page(
    page: Page, product: Product
) -> None:
    product.add_page(
        "",
        "<button onclick='this.textContent = \"bought\"'>Buy</button>",
        head="<style>#cs-preferences { display: none !important }</style>",
    )
    product.open(page).locator("[data-role=show]").click()

    page.get_by_role("button", name="Buy").click()

    expect(page.get_by_role("button", name="bought")).to_be_visible()


SERVICES = [service | {"names": [f"_{service['key']}", "_id_*"]} for service in NOTICE["services"]]


def test_a_table_names_every_cookie_with_its_service_and_its_time(
    page: Page, make_product: MakeProduct
) -> None:
    dialog = open_preferences(page, make_product(services=SERVICES))
    marketing = dialog.locator(".cs-purpose", has=page.locator("[data-category=marketing]"))

    marketing.locator("summary").click()

    table = marketing.get_by_role("table", name=TEXTS["cookies"])
    assert table.get_by_role("columnheader").all_inner_texts() == [
        TEXTS["cookie"],
        TEXTS["services"],
        TEXTS["keeps"],
    ]
    assert [row.split("\t") for row in table.locator("tbody tr").all_inner_texts()] == [
        ["_adlantern", "Adlantern", "30 days"],
        ["_id_*", "Adlantern", "30 days"],
        ["_reelbrook", "Reelbrook", "30 days"],
        ["_id_*", "Reelbrook", "30 days"],
    ]


def test_the_consent_id_can_be_copied(make_context: MakeContext, product: Product) -> None:
    context = make_context()
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    product.open(page)
    answer = choose_and_record(page, "all")
    page.locator("#cs-reopen").click()

    page.locator("#cs-preferences [data-role=copy]").click()

    expect(page.locator("#cs-preferences [data-role=copy]")).to_have_text(TEXTS["copied"])
    assert page.evaluate("navigator.clipboard.readText()") == answer["consent_id"]


def test_another_language_is_spoken_at_once_and_recorded(page: Page, own_product: Product) -> None:
    dialog = open_preferences(page, own_product)
    assert dialog.locator("option").all_inner_texts() == ["English", "한국어"]

    dialog.get_by_label(TEXTS["language"]).select_option("ko")

    korean = page.get_by_role("dialog", name=BUILT_IN["ko"]["texts"]["preferences_title"])
    expect(korean).to_have_attribute("lang", "ko")
    with page.expect_request("**/v1/consents") as sent:
        korean.locator("[data-role=necessary]").click()
    said = body_of(sent.value)
    assert (said["language"], said["text_sha256"]) == ("ko", own_product.config("ko")["sha256"])
