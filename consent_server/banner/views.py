"""`GET /embed/<site_key>.js`: the script tag's answer, and its texts in another language."""

from __future__ import annotations

from flask import Blueprint, Response, request

from consent_server.banner.document import BannerDocuments
from consent_server.config import Settings
from consent_server.errors import NotFound
from consent_server.sites.directory import SiteDirectory
from consent_server.web.guard import guarded_by


def blueprint(settings: Settings, sites: SiteDirectory, documents: BannerDocuments) -> Blueprint:
    """Returns the routes of this room."""
    routes = Blueprint("banner", __name__, url_prefix="/embed")
    cache_control = f"public, max-age={settings.embed_max_age_seconds}"

    @routes.get("/<site_key>.js")
    @guarded_by("public")
    def embed_script(site_key: str) -> Response:
        site = sites.site(site_key)
        language = _wanted_language(documents.languages(site))
        response = documents.script(site, language).respond(
            request, cache_control, "Accept-Language"
        )
        return _readable_anywhere(response)

    @routes.get("/<site_key>/<language>.json")
    @guarded_by("public")
    def embed_texts(site_key: str, language: str) -> Response:
        site = sites.site(site_key)
        if language not in documents.languages(site):
            raise NotFound("The notice is not published in this language.")
        return _readable_anywhere(documents.texts(site, language).respond(request, cache_control))

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
