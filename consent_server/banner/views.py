"""`GET /embed/<site_key>.js`: the script tag's answer, its parts, its texts in another language."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, request

from consent_server.banner.document import Ask, BannerDocuments
from consent_server.config import Settings
from consent_server.sites.directory import SiteDirectory, SiteEntry
from consent_server.web.conditional import Document
from consent_server.web.country import UNKNOWN, Countries
from consent_server.web.guard import guarded_by

_FOR_GOOD: Final = "public, max-age=31536000, immutable"  # the address names the content


def blueprint(
    settings: Settings, sites: SiteDirectory, documents: BannerDocuments, countries: Countries
) -> Blueprint:
    """Returns the routes of this room."""
    routes = Blueprint("banner", __name__, url_prefix="/embed")

    @routes.get("/<site_key>.js")
    @guarded_by("public")
    def embed_script(site_key: str) -> Response:
        site = sites.site(site_key)
        language = _wanted_language(documents.languages(site))
        return _by_region(site, documents.script(site, _ask(site, language)), "Accept-Language")

    @routes.get("/<site_key>/<part>.js")
    @guarded_by("public")
    def embed_part(site_key: str, part: str) -> Response:
        site = sites.site(site_key)
        language = _wanted_language(documents.languages(site))
        if part == "texts":  # depends on where somebody is; what a part shows does not
            document = documents.part(part, site, _ask(site, language))
            return _by_region(site, document, "Accept-Language")
        document = documents.part(part, site, Ask(language))
        if request.args.get("v") == documents.build(site) and request.args.get("lang") == language:
            return _readable_anywhere(document.respond(request, _FOR_GOOD))
        return _readable_anywhere(
            document.respond(request, _for_a_while("public"), "Accept-Language")
        )

    @routes.get("/<site_key>/pinned/<name>.js")
    @guarded_by("public")
    def pinned_script(site_key: str, name: str) -> Response:
        document = documents.pinned(sites.site(site_key), name)
        return _readable_anywhere(document.respond(request, _FOR_GOOD))

    def _ask(site: SiteEntry, language: str) -> Ask:
        chosen = documents.settings(site)
        country = countries.of(request) if chosen.modes.regions else UNKNOWN
        return Ask(language, chosen.modes.mode_in(country), chosen.heeds(request.headers.get))

    def _by_region(site: SiteEntry, document: Document, *vary: str) -> Response:
        """What depends on where somebody is must not be kept for people elsewhere."""
        chosen = documents.settings(site)
        scope = "private" if countries.can_tell and chosen.modes.regions else "public"
        signals = ("Sec-GPC", "DNT") if chosen.dnt else ("Sec-GPC",)
        return _readable_anywhere(document.respond(request, _for_a_while(scope), *vary, *signals))

    def _for_a_while(scope: str) -> str:
        return f"{scope}, max-age={settings.embed_max_age_seconds}"

    return routes


def _wanted_language(languages: list[str]) -> str:
    """Picks by `?lang=`, then by the browser's preferences, then the site's own."""
    asked = request.args.get("lang", "")
    if asked in languages:
        return asked
    return request.accept_languages.best_match(languages) or languages[0]


def _readable_anywhere(response: Response) -> Response:
    """Public and the same for everyone: any page may load it, also with SRI (crossorigin)."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
