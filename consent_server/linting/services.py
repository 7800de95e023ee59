"""Puts together what the rules look at: a site with its notice and its banner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from consent_server.banner.schemas import BannerSettings, decoder
from consent_server.linting.evidence import Evidence
from consent_server.linting.findings import Examined
from consent_server.linting.rules import lint
from consent_server.policies.drafts import draft_of
from consent_server.policies.schemas import Notice
from consent_server.policies.services import find_version, notice_of

if TYPE_CHECKING:
    from consent_server.sites.models import Site


def examined(
    site: Site,
    notice: Notice | None = None,
    settings: BannerSettings | None = None,
    evidence: Evidence | None = None,
) -> Examined:
    """Returns a site as the rules see it.

    notice: by default the one in force. settings: of the banner, by default those that are saved.
    """
    return Examined(
        notice=notice or notice_of(find_version(site.id)),
        settings=settings or decoder.decode(site.banner_settings),
        contact=site.contact,
        language=site.language,
        evidence=evidence or Evidence(),
    )


def warnings_about(site: Site, notice: Notice) -> list[str]:
    """Returns what the linter finds about a notice of a site, one line each."""
    found = lint(examined(site, notice))
    return [f"{one.severity}: {one.place}: {one.words} ({one.rule.source})" for one in found]


def drafted(site: Site) -> Notice:
    """Returns the notice that operators work on; the one in force where there is no draft."""
    return draft_of(site.id).notice
