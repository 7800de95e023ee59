"""Findings of the linter as the console shows them: in its language, with the way to mend each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import url_for
from flask_babel import gettext as _

from consent_server.admin.banner_words import colour_name, mode_name, theme_name
from consent_server.admin.guard import may
from consent_server.admin.words.records import language_name
from consent_server.linting.findings import Finding
from consent_server.linting.sources import LINKS

if TYPE_CHECKING:
    from consent_server.sites.models import Site

_OF_THE_STUDIO = ("look", "modes", "gpc", "blocking")


@dataclass(frozen=True, slots=True)
class ShownFinding:
    """link: where the source can be read, "" for none. mend: address, "" for who may not."""

    severity: str
    words: str
    source: str
    link: str
    mend: str
    where: str


def shown_findings(site: Site, findings: list[Finding]) -> list[ShownFinding]:
    """Returns findings for the operator who is signed in."""
    return [_shown(site, finding) for finding in findings]


def severity_name(severity: str) -> str:
    """Returns how much a finding matters."""
    return {"error": _("Error"), "warning": _("Warning"), "hint": _("Hint")}[severity]


def _shown(site: Site, finding: Finding) -> ShownFinding:
    facts = {name: _in_words(name, value) for name, value in finding.facts.items()}
    mend, where = _way(site, finding.place)
    source = finding.rule.source
    return ShownFinding(
        severity=finding.severity,
        words=_(finding.rule.words, **facts),
        source=_(source),
        link=LINKS.get(source, ""),
        mend=mend,
        where=where,
    )


def _in_words(name: str, value: str) -> str:
    if name == "language":
        return language_name(value)
    if name == "mode":
        return mode_name(value)
    if name == "theme":
        return theme_name(value)
    return colour_name(value) if name in ("ink", "ground") else value


def _way(site: Site, place: str) -> tuple[str, str]:
    """Returns address and name of the place; no address for who may not change it."""
    if place.startswith("site."):
        anchor = place.removeprefix("site.")
        is_open = may("everything.change", site.id)
        address = url_for("admin.edit_site", key=site.key, _anchor=anchor) if is_open else ""
        return address, _("Facts of the site")
    if place.split(".", 1)[0] in _OF_THE_STUDIO:
        is_open = may("notices.change", site.id)
        address = url_for("admin.show_studio", key=site.key, _anchor=place) if is_open else ""
        return address, _("Settings of the banner")
    is_open = may("notices.change", site.id)
    address = url_for("admin.edit_draft", key=site.key, _anchor=place) if is_open else ""
    return address, _("Draft of the notice")
