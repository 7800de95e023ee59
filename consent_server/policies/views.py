"""`GET /policies/<site_key>[/<version>]`: the notice in force, the coming and every earlier one.

A version is shown from its canonical text and what stood around it when it was frozen, so it looks
years later as it did; beside it stands what it changed, word by word.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
from flask import Blueprint, render_template, request
from flask_babel import get_locale

from consent_server import clock
from consent_server.config import Settings
from consent_server.errors import NotFound
from consent_server.policies.differences import Difference, differences
from consent_server.policies.frame import Frame, read_frame
from consent_server.policies.services import find_version, state_of, versions_of
from consent_server.sites.directory import SiteDirectory, SiteEntry
from consent_server.sites.visit_words import basis_words, in_language
from consent_server.web.client_address import client_address
from consent_server.web.guard import guarded_by
from consent_server.web.languages import preferred_language
from consent_server.web.limiter import RateLimiter

if TYPE_CHECKING:
    from consent_server.policies.models import PolicyVersion

RetentionTable = Callable[[str, bool], Sequence[object]]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """The version before or after, and what differs; None when it has not this language."""

    number: int
    differences: list[Difference] | None


def blueprint(
    settings: Settings, sites: SiteDirectory, limiter: RateLimiter, retention: RetentionTable
) -> Blueprint:
    """Returns the routes of this room.

    retention: gives the lines of the retention table in a language, with or without visits.
    """
    routes = Blueprint("policies", __name__, url_prefix="/policies")

    @routes.get("/<site_key>")
    @routes.get("/<site_key>/<int:number>")
    @guarded_by("public")
    def show_notice(site_key: str, number: int | None = None) -> str:
        limiter.check("pages", client_address(request.environ, settings.trusted_proxies))
        site = sites.site(site_key)
        in_force = find_version(site.id)
        versions = [one for one in versions_of(site.id) if _is_told(one)]
        wanted = in_force.number if number is None else number
        version = next((one for one in versions if one.number == wanted), None)
        if version is None:
            raise NotFound("This version of the notice was never published.")
        texts = {text.language: text for text in version.texts}
        language = preferred_language(sorted(texts), site.language)
        if language not in texts:
            raise NotFound("The notice was not published in this language.")
        shown = msgspec.json.decode(texts[language].canonical)
        states = {one.number: state_of(one, in_force.number) for one in versions}
        return render_template(
            "policies/notice.html",
            site=site,
            frame=_frame(version, site, is_in_force=version.number == in_force.number),
            version=version,
            versions=versions,
            states=states,
            coming=next((one for one in versions if states[one.number] == "announced"), None),
            neighbours=neighbours_of(version, versions, language),
            languages=sorted(texts),
            language=language,
            sha256=texts[language].sha256,
            shown=shown,
            visit_basis=_visit_basis(site, shown["purposes"]),
            visit_months=settings.visit_months,
            retention=retention(str(get_locale()), site.logs_visits),
            zone=settings.zone,
            asked=request.args.get("lang"),
        )

    return routes


def _visit_basis(site: SiteEntry, purposes: list[dict[str, str]]) -> str:
    """Returns why visits are kept, in the language of the page around the notice."""
    language = str(get_locale())
    names = {purpose["key"]: purpose["name"] for purpose in purposes}
    name = names.get(site.visit_purpose, site.visit_purpose)
    return in_language(basis_words(site.visit_basis, {language: name}), language)


def neighbours_of(
    version: PolicyVersion, versions: list[PolicyVersion], language: str
) -> dict[str, Neighbour | None]:
    """Returns the version `before` and `after` one, with what differs. versions: newest first."""
    kept = [one for one in versions if one.cancellation is None or one is version]
    at = kept.index(version)
    before = kept[at + 1] if at + 1 < len(kept) else None
    after = kept[at - 1] if at else None
    found: dict[str, Neighbour | None] = {"before": None, "after": None}
    if before is not None:
        found["before"] = Neighbour(before.number, _between(before, version, language))
    if after is not None:
        found["after"] = Neighbour(after.number, _between(version, after, language))
    return found


def _between(before: PolicyVersion, after: PolicyVersion, language: str) -> list[Difference] | None:
    old, new = _shown(before, language), _shown(after, language)
    return None if old is None or new is None else differences(old, new)


def _shown(version: PolicyVersion, language: str) -> dict[str, Any] | None:
    text = next((text for text in version.texts if text.language == language), None)
    return None if text is None else msgspec.json.decode(text.canonical)


def _is_told(version: PolicyVersion) -> bool:
    """Whether everyone may read it: in force once, or announced by now."""
    return (version.announced_at or version.published_at) <= clock.now()


def _frame(version: PolicyVersion, site: SiteEntry, *, is_in_force: bool) -> Frame:
    """The present facts around the version in force; around another one those of its time."""
    present = Frame(site.controller, site.contact, site.logs_visits)
    return read_frame(None if is_in_force else version.frame, present)
