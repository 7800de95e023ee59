"""The rule that we ship for autoconsent works on our banner: banner/robots/autoconsent.json.

It is run by the robot's own code, with its heuristics off. A renamed hook is the control: with it
the rule finds nothing and decides nothing.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from support.gated_page import Product, body_of, our_cookie
from support.robots import (
    keep_changing,
    renamed,
    report,
    send_robot,
    shipped_rule,
    wait_until_it_gives_up,
)


@pytest.mark.parametrize(("choice", "action"), [("optOut", "refuse_all"), ("optIn", "accept_all")])
def test_autoconsent_chooses_by_our_rule(
    page: Page, product: Product, choice: str, action: str
) -> None:
    rule = shipped_rule("autoconsent")
    send_robot(page, rule, autoAction=choice, heuristicMode="off", enablePrehide=True)

    with page.expect_request("**/v1/consents") as sent:
        page.goto(product.url)

    assert report(page, "popupFound")["cmp"] == rule["name"]
    assert report(page, f"{choice}Result")["result"] is True
    page.evaluate("autoconsentReceiveMessage({ type: 'selfTest' })")
    assert report(page, "selfTestResult")["result"] is True
    said = body_of(sent.value)
    assert (said["action"], said["trusted"], said["layer"]) == (action, False, "notice")
    assert set(said["decisions"].values()) == {choice == "optIn"}
    expect(page.locator("#cs-notice")).to_have_count(0)


def test_autoconsent_refuses_by_our_rule_in_a_language_that_it_cannot_read(
    page: Page, product: Product
) -> None:
    address = product.add_page("korean", "", lang="ko")
    send_robot(page, shipped_rule("autoconsent"), heuristicMode="off")

    with page.expect_request("**/v1/consents") as sent:
        page.goto(address)

    said = body_of(sent.value)
    assert (said["language"], said["action"]) == ("ko", "refuse_all")
    assert not any(said["decisions"].values())


def test_autoconsent_finds_nothing_by_a_rule_for_another_root(page: Page, product: Product) -> None:
    send_robot(page, renamed(shipped_rule("autoconsent"), "#cs-root"), heuristicMode="off")

    notice = product.open(page)
    keep_changing(page)
    wait_until_it_gives_up(page)

    assert our_cookie(page.context) is None
    expect(notice).to_be_visible()
