"""Consent robots as the tests run them: DuckDuckGo's autoconsent, with its own code in the page."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import Page

from support.prepared import ROOT

# Languages in which autoconsent's heuristics find our notice and refuse, with no rule for us.
ACTIONABLE = ("ca", "de", "en", "es", "eu", "fr", "gl", "it", "nl", "pl", "pt")
RULES = ROOT / "banner" / "robots"
_PACKAGE = ROOT / "banner" / "node_modules" / "@duckduckgo" / "autoconsent"
_ROBOT = _PACKAGE / "dist" / "autoconsent.playwright.js"  # no export names it, so by its path
_CONFIG = {
    "enabled": True,
    "autoAction": "optOut",
    "enableHeuristicDetection": True,
    "heuristicMode": "reject",
    "enablePrehide": False,
    "detectRetries": 4,  # the heuristics take part in every second look
}
# The robot's other half, which in a browser is the extension: it sends the configuration and the
# rules, evaluates what it is asked to, and here keeps all reports.
_EXTENSION = """
  window.reports = []
  window.autoconsentSendMessage = async (message) => {
    window.reports.push(message)
    const answer = {
      init: () => ({ type: 'initResp', config: %(config)s, rules: { autoconsent: %(rules)s } }),
      eval: () => ({ type: 'evalResp', id: message.id, result: (0, eval)(message.code) }),
    }[message.type]
    if (answer) setTimeout(() => window.autoconsentReceiveMessage(answer()))
  }
"""
_PATIENCE_MS = 20_000
Rule = dict[str, Any]
Report = dict[str, Any]


def shipped_rule(robot: str) -> Rule:
    """Returns the rule for one robot as the repository ships it."""
    rule: Rule = json.loads((RULES / f"{robot}.json").read_text())
    return rule


def renamed(rule: Rule, hook: str) -> Rule:
    """Returns a rule for a banner that had another hook."""
    assert hook in json.dumps(rule)
    other: Rule = json.loads(json.dumps(rule).replace(hook, hook.replace("-", "-other-")))
    return other


def send_robot(page: Page, *rules: Rule, **config: object) -> None:
    """Lets autoconsent look at every page that this tab opens from now on.

    rules: what it knows of banners beforehand. config: changes to its settings.
    """
    knows = {"config": json.dumps(_CONFIG | config), "rules": json.dumps(rules)}
    page.add_init_script(_EXTENSION % knows)
    page.add_init_script(path=_ROBOT)


def report(page: Page, kind: str) -> Report:
    """Waits for a report of the robot and returns it."""
    found = page.wait_for_function(
        "kind => window.reports.find(({ type }) => type === kind)", arg=kind, timeout=_PATIENCE_MS
    )
    said: Report = found.json_value()
    return said


def wait_until_it_gives_up(page: Page) -> None:
    """Waits until the robot has found nothing and stops looking."""
    page.wait_for_function(
        "() => window.reports.some(({ state }) => state?.lifecycle === 'nothingDetected')",
        timeout=_PATIENCE_MS,
    )


def keep_changing(page: Page) -> None:
    """Lets the page change as pages do; the robot looks again only after a change."""
    page.evaluate("void setInterval(() => document.querySelector('h1').append(''), 100)")
