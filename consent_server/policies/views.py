"""`GET /policies/<site_key>[/<version>]`: the notice in force and every one before it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
from flask import Blueprint, render_template, request
from flask_babel import get_locale

from consent_server.config import Settings
from consent_server.errors import NotFound
from consent_server.policies.services import find_version, versions_of
from consent_server.sites.directory import SiteDirectory, SiteEntry
from consent_server.sites.visit_words import basis_words, in_language
from consent_server.web.client_address import client_address
from consent_server.web.guard import guarded_by
from consent_server.web.languages import preferred_language
from consent_server.web.limiter import RateLimiter

RetentionTable = Callable[[str, bool], Sequence[object]]


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
        version = find_version(site.id, number)
        texts = {text.language: text for text in version.texts}
        language = preferred_language(sorted(texts), site.language)
        if language not in texts:
            raise NotFound("The notice was not published in this language.")
        shown = msgspec.json.decode(texts[language].canonical)
        return render_template(
            "policies/notice.html",
            site=site,
            version=version,
            versions=versions_of(site.id),
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
