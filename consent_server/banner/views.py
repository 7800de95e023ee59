"""`GET /embed/<site_key>.js`: the script tag's answer, its parts, its texts in another language."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, request

from consent_server.banner.document import Ask
from consent_server.banner.intake import ScriptIntake, readable_anywhere
from consent_server.web.guard import guarded_by

_FOR_GOOD: Final = "public, max-age=31536000, immutable"  # the address names the content


def blueprint(intake: ScriptIntake) -> Blueprint:
    """Returns the routes of this room."""
    routes = Blueprint("banner", __name__, url_prefix="/embed")
    sites, documents = intake.sites, intake.documents

    @routes.get("/<site_key>.js")
    @guarded_by("public")
    def embed_script(site_key: str) -> Response:
        return intake.respond(request, sites.site(site_key))

    @routes.get("/<site_key>/<part>.js")
    @guarded_by("public")
    def embed_part(site_key: str, part: str) -> Response:
        site = sites.site(site_key)
        language = intake.wanted_language(request, site)
        if part == "texts":  # depends on where somebody is; what a part shows does not
            document = documents.part(part, site, intake.ask(request, site, language))
            return intake.by_region(request, site, document)
        document = documents.part(part, site, Ask(language))
        if request.args.get("v") == documents.build(site) and request.args.get("lang") == language:
            return readable_anywhere(document.respond(request, _FOR_GOOD))
        caching = intake.for_a_while("public")
        return readable_anywhere(document.respond(request, caching, "Accept-Language"))

    @routes.get("/<site_key>/pinned/<name>.js")
    @guarded_by("public")
    def pinned_script(site_key: str, name: str) -> Response:
        document = documents.pinned(sites.site(site_key), name)
        return readable_anywhere(document.respond(request, _FOR_GOOD))

    return routes
