"""`GET /demo/`, `/demo/pricing` and the page that the gated video frame shows.

The pages come from the service itself, so one command shows everything; to the banner they are
product pages like any other. Nothing optional is loaded by the markup: what is gated carries
`data-src` and waits for the visitor.
"""

from __future__ import annotations

import secrets
from importlib.resources import files
from typing import Any, Final

import msgspec
from flask import Blueprint, Response, make_response, render_template, request

from consent_server.config import Settings
from consent_server.demo.services import demo_notice
from consent_server.policies.schemas import Service
from consent_server.web.guard import guarded_by
from consent_server.web.languages import LANGUAGES, preferred_language

VIDEO_COOKIE: Final = "reel_viewer"
_VIDEO_COOKIE_SECONDS: Final = 180 * 86_400  # as the notice says
_ON_PAGE: Final = {
    "product": ("chatwren", "pulse", "adlantern", "reelbrook"),
    "pricing": ("chatwren", "pulse", "adlantern"),
}


def blueprint(settings: Settings, site_key: str) -> Blueprint:
    """Returns the routes of this room."""
    routes = Blueprint("demo", __name__, url_prefix="/demo")
    services = {service.key: service for service in demo_notice().services}

    @routes.get("/")
    @guarded_by("public")
    def product() -> str:
        return _page("product", site_key, services)

    @routes.get("/pricing")
    @guarded_by("public")
    def pricing() -> str:
        return _page("pricing", site_key, services)

    @routes.get("/video")
    @guarded_by("public")
    def video() -> Response:
        response = make_response(render_template("demo/video.html", **_language()))
        response.set_cookie(
            VIDEO_COOKIE,
            request.cookies.get(VIDEO_COOKIE) or secrets.token_hex(8),
            max_age=_VIDEO_COOKIE_SECONDS,
            samesite="Lax",
            secure=settings.public_url.startswith("https://"),
        )
        return response

    return routes


def _page(name: str, site_key: str, services: dict[str, Service]) -> str:
    return render_template(
        f"demo/{name}.html",
        page=name,
        site_key=site_key,
        services=[services[key] for key in _ON_PAGE[name]],
        **_language(),
    )


def _language() -> dict[str, Any]:
    language = preferred_language(LANGUAGES, "en")
    return {"language": language, "languages": LANGUAGES, "texts": _TEXTS[language]}


def _texts(language: str) -> Any:
    """Returns every phrase of the pages; too much prose for message catalogues of a program."""
    source = files("consent_server.demo").joinpath("texts", f"{language}.json")
    return msgspec.json.decode(source.read_bytes())


_TEXTS: Final = {language: _texts(language) for language in LANGUAGES}
