"""A notice that changes: what comes is seen before; only what is new is asked, with its reason."""

from __future__ import annotations

import json
import time
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from consent_server import clock
from support.browser import MakeContext
from support.gated_page import (
    NOTICE,
    Product,
    body_of,
    choose,
    choose_and_record,
    our_cookie,
    settle,
    write_notice,
)

PARTNERS = {
    "key": "partners",
    "names": {"ko": "협력사 공유", "en": "Partners"},
    "texts": {"ko": "협력사와 공유합니다.", "en": "We share with partners."},
}
WITH_PARTNERS = NOTICE | {"purposes": [PARTNERS, *NOTICE["purposes"]]}


def with_pulse(**changes: Any) -> dict[str, Any]:
    services = [one | changes if one["key"] == "pulse" else one for one in NOTICE["services"]]
    return NOTICE | {"services": services}


def publish(product: Product, folder: Path, notice: dict[str, Any]) -> None:
    """Puts a notice into force at once and waits until it is served."""
    file = write_notice(folder / "next.json", notice)
    words = ("policies", "publish", product.site_key, str(file), "--urgent", "It is a test.")
    version = json.loads(product.service.run_cli(*words, "--json").stdout)["version"]
    wait_for(product, f'"version":{version},')


def wait_for(product: Product, text: str) -> None:
    """Asks about a version that nobody knows: before it refuses, the service looks again."""
    asked = {
        "site": product.site_key,
        "submission_id": str(uuid.uuid4()),
        "policy_version": 999,
        "language": "en",
        "text_sha256": "0" * 64,
        "action": "refuse_all",
        "decisions": {},
    }
    deadline = time.monotonic() + 10
    while text not in product.service.get(f"/embed/{product.site_key}.js?lang=en")[1].decode():
        assert time.monotonic() < deadline, f"never served: {text}"
        status, _ = product.service.post("/v1/consents", asked, Origin=product.origin)
        assert status == 422


def reopened(page: Page, product: Product) -> Locator:
    """Opens the page anew, with the newest script; returns the card that asks for what is new."""
    page.context.new_cdp_session(page).send("Network.clearBrowserCache")
    page.goto(product.url)
    expect(page.locator("#cs-reopen")).to_be_visible()
    return page.locator("#cs-changes")


def granted(page: Page) -> set[str]:
    return set(page.evaluate("ConsentBanner.getUserPreferences().acceptedCategories"))


def test_a_new_purpose_is_asked_alone_and_the_other_answers_stay(
    page: Page, own_product: Product, tmp_path: Path
) -> None:
    own_product.open(page)
    first = choose_and_record(page, "all")
    publish(own_product, tmp_path, WITH_PARTNERS)

    card = reopened(page, own_product)
    expect(card).to_contain_text("Partners (new)")
    expect(card).to_contain_text("Your other choices stay as they are.")
    expect(page.locator("#cs-notice")).to_have_count(0)
    assert granted(page) == {"necessary", "functional", "analytics", "marketing"}
    settle(page)
    assert set(own_product.gated_requests()) == {"analytics.js", "marketing.js", "video.html"}

    with page.expect_response("**/v1/consents") as answer:
        card.get_by_role("button", name="Allow").click()

    sent = body_of(answer.value.request)
    assert sent["policy_version"] == 2
    assert sent["decisions"] == dict.fromkeys(
        ("partners", "functional", "analytics", "marketing"), True
    )
    assert sent["visitor"] == first["token"]
    expect(card).to_have_count(0)
    assert "partners" in granted(page)
    expect(reopened(page, own_product)).to_have_count(0)
    assert "partners" in granted(page)


def test_until_it_is_answered_nothing_is_written_and_it_asks_again(
    page: Page, own_product: Product, tmp_path: Path
) -> None:
    own_product.open(page)
    choose_and_record(page, "necessary")
    cookie = our_cookie(page.context)
    publish(own_product, tmp_path, WITH_PARTNERS)

    card = reopened(page, own_product)
    card.get_by_role("button", name="Allow").focus()
    page.keyboard.press("Escape")

    expect(card).to_have_count(0)
    assert our_cookie(page.context) == cookie
    assert granted(page) == {"necessary"}
    expect(reopened(page, own_product)).to_be_visible()
    assert len(own_product.rows()) == 1


def test_a_longer_period_holds_back_that_service_alone_and_says_why(
    page: Page, own_product: Product, tmp_path: Path
) -> None:
    own_product.open(page)
    choose_and_record(page, "all")
    settle(page)
    before = own_product.gated_requests()
    publish(own_product, tmp_path, with_pulse(keeps={"ko": "2년", "en": "2 years"}))

    card = reopened(page, own_product)
    expect(card).to_contain_text("30 days → 2 years")
    settle(page)
    after = own_product.gated_requests()
    assert after["analytics.js"] == before["analytics.js"]
    assert after["marketing.js"] > before["marketing.js"]

    with page.expect_response("**/v1/consents"):
        card.get_by_role("button", name="Refuse").click()
    [*_, row] = own_product.rows()
    assert row["decisions"] == dict.fromkeys(("functional", "analytics", "marketing"), True)
    assert row["services"]["pulse"] is False


@pytest.mark.parametrize("role", ["necessary", "ask"])
def test_a_service_of_a_refused_purpose_asks_nobody(
    page: Page, own_product: Product, tmp_path: Path, role: str
) -> None:
    own_product.open(page)
    choose_and_record(page, role)
    publish(own_product, tmp_path, with_pulse(vendor="Bought Ltd."))

    expect(reopened(page, own_product)).to_have_count(0)

    expect(page.locator("#cs-notice")).to_have_count(0)
    assert granted(page) == {"necessary"}


def test_less_than_before_and_another_order_ask_nobody(
    page: Page, own_product: Product, tmp_path: Path
) -> None:
    own_product.open(page)
    choose_and_record(page, "all")
    fewer = [one for one in reversed(NOTICE["services"]) if one["key"] != "chatwren"]
    publish(own_product, tmp_path, NOTICE | {"services": fewer})

    expect(reopened(page, own_product)).to_have_count(0)

    assert granted(page) == {"necessary", "functional", "analytics", "marketing"}


def test_several_new_things_are_answered_one_by_one(
    page: Page, own_product: Product, tmp_path: Path
) -> None:
    own_product.open(page)
    choose_and_record(page, "all")
    publish(
        own_product,
        tmp_path,
        WITH_PARTNERS | {"services": with_pulse(vendor="Bought Ltd.")["services"]},
    )

    card = reopened(page, own_product)
    expect(card).to_contain_text("Pulse Ltd. (IE) → Bought Ltd. (IE)")
    assert card.get_by_role("checkbox", checked=True).count() == 0
    card.get_by_role("checkbox", name="Pulse").check()
    with page.expect_response("**/v1/consents"):
        card.locator("[data-role=save]").click()

    [*_, row] = own_product.rows()
    assert row["decisions"]["partners"] is False
    assert row["services"]["pulse"] is True
    assert row["decisions"]["marketing"] is True


def test_the_question_follows_the_language_of_the_page(
    page: Page, own_product: Product, tmp_path: Path
) -> None:
    own_product.open(page)
    choose_and_record(page, "all")
    publish(own_product, tmp_path, WITH_PARTNERS)
    card = reopened(page, own_product)

    page.evaluate("ConsentBanner.setLanguage('ko')")

    expect(card).to_contain_text("협력사 공유 (신규)")
    expect(card).to_have_count(1)


def announce(product: Product, folder: Path) -> None:
    day = (clock.now() + timedelta(days=9)).date().isoformat()
    file = write_notice(folder / "next.json", WITH_PARTNERS)
    product.service.run_cli("policies", "announce", product.site_key, str(file), "--effective", day)
    wait_for(product, '"coming"')


def test_a_coming_change_is_seen_on_every_layer_and_once_by_those_who_have_chosen(
    page: Page, own_product: Product, tmp_path: Path
) -> None:
    announce(own_product, tmp_path)
    line = "A changed notice applies from"

    notice = own_product.open(page)
    expect(notice).to_contain_text(line)
    href = notice.get_by_role("link", name="Privacy notice").get_attribute("href") or ""
    assert f"/policies/{own_product.site_key}/2?lang=en" in href
    choose(page, "all")
    card = page.locator("#cs-changes")
    expect(card).to_contain_text(line)
    page.locator("#cs-reopen").click()
    expect(page.locator("#cs-preferences")).to_contain_text(line)
    page.keyboard.press("Escape")
    card.get_by_role("button").click()
    expect(card).to_have_count(0)
    expect(reopened(page, own_product)).to_have_count(0)
    expect(page.locator("#cs-notice")).to_have_count(0)


@pytest.mark.parametrize("width", [360, 1280])
def test_the_cards_fit_a_narrow_window_and_leave_the_way_back_in_reach(
    make_context: MakeContext, own_product: Product, tmp_path: Path, width: int
) -> None:
    page = make_context(viewport={"width": width, "height": 640}).new_page()
    own_product.open(page)
    choose_and_record(page, "all")
    publish(
        own_product,
        tmp_path,
        WITH_PARTNERS | {"services": with_pulse(vendor="Bought Ltd.")["services"]},
    )

    card = reopened(page, own_product)

    box = card.bounding_box()
    assert box
    assert 0 <= box["x"] <= width - box["width"]
    assert card.evaluate("one => one.scrollWidth <= one.clientWidth")
    widths = card.locator(".cs-button").evaluate_all("all => all.map((one) => one.offsetWidth)")
    assert max(widths) - min(widths) <= 1
    page.locator("#cs-reopen").click()
    expect(page.locator("#cs-notice")).to_be_visible()  # all of it, for who wants to choose anew
    expect(card).to_have_count(0)
