"""All rules, and what they find about a site; decisions only."""

from __future__ import annotations

from typing import Final

from consent_server.linting import choices, contrast, duties, registry, robots
from consent_server.linting.findings import SEVERITIES, Examined, Finding, Rule

RULES: Final[tuple[Rule, ...]] = (
    *duties.RULES,
    *choices.RULES,
    *contrast.RULES,
    *robots.RULES,
    *registry.RULES,
)


def lint(examined: Examined) -> list[Finding]:
    """Returns what all rules find, errors first, each kind in the order of its rules."""
    found = [finding for rule in RULES for finding in rule.findings(examined)]
    return sorted(found, key=lambda finding: SEVERITIES.index(finding.severity))


def has_errors(findings: list[Finding]) -> bool:
    """Whether one of them is an error."""
    return any(finding.severity == "error" for finding in findings)
