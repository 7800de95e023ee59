"""The rule that we ship for Consent-O-Matic works on our banner (banner/robots).

That robot comes as no package, so that a small reading of its documented format runs the rule, and
the rule may use nothing but that format's words. Renamed hooks are the control: with them the rule
clicks nothing and decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from support.gated_page import (
    MakeProduct,
    Product,
    body_of,
    optional_cookies,
    our_cookie,
    settle,
)
from support.prepared import ROOT
from support.robots import Rule, renamed, shipped_rule

ENGINE = ROOT / "tests" / "support" / "consent_o_matic.js"
# The words of Consent-O-Matic's format: {type: (keys it must have, keys it may have)}.
FORMAT: dict[str, tuple[set[str], set[str]]] = {
    "css": ({"target"}, {"parent"}),
    "checkbox": ({"target"}, {"parent"}),
    "click": ({"target"}, {"parent", "openInTab"}),
    "list": ({"actions"}, set()),
    "consent": ({"consents"}, set()),
    "ifcss": ({"target"}, {"trueAction", "falseAction"}),
    "waitcss": ({"target"}, {"retries", "waitTime", "negated"}),
    "foreach": ({"target", "action"}, set()),
    "wait": ({"waitTime"}, set()),
    "hide": ({"target"}, set()),
    **dict.fromkeys(  # kinds of purposes
        "ABDEFX", ({"matcher", "toggleAction"}, set())
    ),
}
NOTHING = {"functional": False, "analytics": False, "marketing": False}


def consent_o_matic() -> Rule:
    """Returns the only rule of the file that Consent-O-Matic takes."""
    rule: Rule = shipped_rule("consent-o-matic")["consent-server"]
    return rule


def follow(page: Page, product: Product, rule: Rule, *wanted: str) -> dict[str, Any]:
    """Opens the product's page and lets Consent-O-Matic's rule choose; returns what it met."""
    product.open(page)
    page.add_script_tag(path=ENGINE)
    met: dict[str, Any] = page.evaluate(
        "([rule, wanted]) => performRule(rule, wanted)", [rule, dict.fromkeys(wanted, True)]
    )
    return met


def typed(branch: Any) -> Iterator[dict[str, Any]]:
    """Yields every part of a rule that has a type."""
    if isinstance(branch, dict):
        if "type" in branch:
            yield branch
        branch = list(branch.values())
    if isinstance(branch, list):
        for part in branch:
            yield from typed(part)


def test_the_rule_for_consent_o_matic_uses_only_the_words_of_its_format() -> None:
    shipped = shipped_rule("consent-o-matic")
    rule = consent_o_matic()

    assert set(shipped) == {"$schema", "consent-server"}
    assert set(rule) == {"detectors", "methods"}
    assert [set(one) for one in rule["detectors"]] == [{"presentMatcher", "showingMatcher"}]
    assert {one["name"] for one in rule["methods"]} == {
        "HIDE_CMP",
        "OPEN_OPTIONS",
        "DO_CONSENT",
        "SAVE_CONSENT",
    }
    for part in typed(rule):
        must, may = FORMAT[part["type"]]
        assert must <= part.keys() - {"type"} <= must | may
        assert set(part.get("target", {})) <= {"selector", "displayFilter"}


@pytest.mark.parametrize(
    ("wanted", "granted"),
    [
        pytest.param("", set(), id="nothing"),
        pytest.param("A", {"functional"}, id="preferences"),
        pytest.param("B", {"analytics"}, id="statistics"),
        pytest.param("F", {"marketing"}, id="advertising"),
        pytest.param("ABDEFX", set(NOTHING), id="everything"),
    ],
)
def test_consent_o_matic_saves_what_its_user_wants_by_our_rule(
    page: Page, product: Product, wanted: str, granted: set[str]
) -> None:
    with page.expect_request("**/v1/consents") as sent:
        met = follow(page, product, consent_o_matic(), *wanted)

    clicks = len(granted) + 2  # the switches, and before and after them: details, save
    assert met == {"showing": True, "clicks": clicks, "missed": []}
    said = body_of(sent.value)
    assert (said["action"], said["trusted"], said["layer"]) == ("customise", False, "preferences")
    assert said["decisions"] == {key: key in granted for key in NOTHING}
    expect(page.locator("#cs-notice, #cs-preferences")).to_have_count(0)


def test_consent_o_matic_leaves_everything_asleep_that_was_not_wanted(
    page: Page, own_product: Product
) -> None:
    follow(page, own_product, consent_o_matic())
    settle(page)

    assert (own_product.gated_requests(), optional_cookies(page.context)) == ({}, set())


@pytest.mark.parametrize(("wanted", "granted"), [("X", True), ("ABF", False)])
def test_a_purpose_of_the_sites_own_counts_as_other_for_consent_o_matic(
    page: Page, make_product: MakeProduct, wanted: str, granted: bool
) -> None:
    survey = {"key": "survey", "names": {"en": "Survey"}, "texts": {"en": "Asks for your opinion."}}
    product = make_product(languages=["en"], services=[], purposes=[survey, {"key": "analytics"}])

    with page.expect_request("**/v1/consents") as sent:
        met = follow(page, product, consent_o_matic(), *wanted)

    assert met["missed"] == []
    assert body_of(sent.value)["decisions"] == {"survey": granted, "analytics": "B" in wanted}


def test_consent_o_matic_stays_away_once_a_choice_is_made(page: Page, product: Product) -> None:
    product.open(page).locator("[data-role=necessary]").click()
    page.reload()
    expect(page.locator("#cs-reopen")).to_be_visible()
    page.add_script_tag(path=ENGINE)

    met = page.evaluate("rule => performRule(rule, {})", consent_o_matic())

    assert met == {"showing": False, "clicks": 0, "missed": []}


def test_consent_o_matic_decides_nothing_by_a_rule_for_other_hooks(
    page: Page, product: Product
) -> None:
    rule = renamed(consent_o_matic(), "data-role=")
    for part in typed(rule):
        part.update({"retries": 1} if part["type"] == "waitcss" else {})

    met = follow(page, product, rule, "A")

    show, save = "#cs-notice [data-other-role=show]", "#cs-preferences [data-other-role=save]"
    assert met == {"showing": True, "clicks": 0, "missed": [show, save, save]}
    assert our_cookie(page.context) is None
