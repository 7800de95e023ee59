"""Consent robots find our refusal by themselves: DuckDuckGo's autoconsent, with no rule for us.

Its heuristics look for words and visible buttons in the light document, as a visitor would. The
control proves that the test can fail: with another word on the button the robot stays out.
"""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import Page, expect

from support.gated_page import (
    MakeProduct,
    Product,
    optional_cookies,
    our_cookie,
    settle,
    stored_action,
)
from support.prepared import ROOT

_PACKAGE = ROOT / "banner" / "node_modules" / "@duckduckgo" / "autoconsent"
ROBOT = _PACKAGE / "dist" / "autoconsent.playwright.js"  # no export names it, so by its path
CONFIG = {
    "enabled": True,
    "autoAction": "optOut",
    "enableHeuristicDetection": True,
    "heuristicMode": "reject",
    "enablePrehide": False,
    "detectRetries": 4,  # the heuristics take part in every second look
}
# The robot's other half, which in a browser is the extension: it sends the configuration (no rule
# among it), evaluates what it is asked to, and here keeps all reports.
_EXTENSION = f"""
  window.reports = []
  window.autoconsentSendMessage = async (message) => {{
    window.reports.push(message)
    const answer = {{
      init: () => ({{
        type: 'initResp', config: {json.dumps(CONFIG)}, rules: {{ autoconsent: [] }}
      }}),
      eval: () => ({{ type: 'evalResp', id: message.id, result: (0, eval)(message.code) }}),
    }}[message.type]
    if (answer) setTimeout(() => window.autoconsentReceiveMessage(answer()))
  }}
"""
Report = dict[str, Any]


def send_robot(page: Page) -> None:
    """Lets the robot look at every page that this tab opens from now on."""
    page.add_init_script(_EXTENSION)
    page.add_init_script(path=ROBOT)


def report(page: Page, kind: str) -> Report:
    """Waits for a report of the robot and returns it."""
    found = page.wait_for_function(
        "kind => window.reports.find(({ type }) => type === kind)", arg=kind, timeout=20_000
    )
    said: Report = found.json_value()
    return said


def wait_until_it_gives_up(page: Page) -> None:
    page.wait_for_function(
        "() => window.reports.some(({ state }) => state?.lifecycle === 'nothingDetected')",
        timeout=20_000,
    )


def keep_changing(page: Page) -> None:
    """Lets the page change as pages do; the robot looks again only after a change."""
    page.evaluate("void setInterval(() => document.querySelector('h1').append(''), 100)")


def test_a_robot_that_does_not_know_us_refuses_for_the_visitor(
    page: Page, own_product: Product
) -> None:
    send_robot(page)

    page.goto(own_product.url)
    keep_changing(page)

    assert report(page, "popupFound")["cmp"] == "HEURISTIC-REJECT"
    assert report(page, "optOutResult")["result"] is True
    assert report(page, "autoconsentDone")["totalClicks"] == 1
    page.evaluate("autoconsentReceiveMessage({ type: 'selfTest' })")
    assert report(page, "selfTestResult")["result"] is True

    expect(page.locator("#cs-notice")).to_have_count(0)
    settle(page)
    assert stored_action(page.context) == "refuse_all"
    assert (own_product.gated_requests(), optional_cookies(page.context)) == ({}, set())
    [row] = own_product.rows()
    assert (row["action"], row["trusted"], row["layer"]) == ("refuse_all", False, "notice")
    assert not any(row["decisions"].values())


def test_the_same_robot_finds_no_refusal_under_another_word(
    page: Page, make_product: MakeProduct
) -> None:
    product = make_product(texts={"en": {"refuse_all": "Maybe later"}})
    send_robot(page)

    notice = product.open(page)
    keep_changing(page)
    wait_until_it_gives_up(page)

    expect(notice.get_by_role("button", name="Maybe later")).to_be_visible()
    assert our_cookie(page.context) is None
    assert page.evaluate("window.reports.filter(({ type }) => type === 'popupFound')") == []
