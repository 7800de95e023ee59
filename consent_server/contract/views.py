"""`/openapi.json`, `/docs` and where the types of problems lead."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Final

import msgspec
from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from markupsafe import Markup, escape

from consent_server.config import Settings
from consent_server.contract.commands import real_values
from consent_server.contract.document import document
from consent_server.contract.examples import SITE, Real
from consent_server.contract.page import groups
from consent_server.contract.problems import catalogue
from consent_server.errors import NotFound, SiteUnknown
from consent_server.policies.directory import PolicyDirectory
from consent_server.sites.directory import SiteDirectory
from consent_server.web.client_address import client_address
from consent_server.web.conditional import Document
from consent_server.web.guard import guarded_by
from consent_server.web.limiter import RateLimiter

_CACHING: Final = "public, max-age=300"
_CODE: Final = re.compile("`([^`]+)`")
_CODES: Final = frozenset(kind.code for kind in catalogue())


def blueprint(
    settings: Settings, sites: SiteDirectory, policies: PolicyDirectory, limiter: RateLimiter
) -> Blueprint:
    """Returns the routes of this room."""
    routes = Blueprint("contract", __name__)
    contract = _Contract(settings, sites, policies)

    @routes.get("/openapi.json")
    @guarded_by("public")
    def openapi() -> Response:
        response = contract.bytes_once.respond(request, _CACHING)
        response.headers["Access-Control-Allow-Origin"] = "*"
        return response

    @routes.get("/docs")
    @guarded_by("public")
    def docs() -> Response:
        limiter.check("pages", client_address(request.environ, settings.trusted_proxies))
        return contract.page(request.args.get("site", ""))

    @routes.get("/problems/<code>")
    @guarded_by("public")
    def problem_type(code: str) -> Response:
        if code not in _CODES:
            raise NotFound("There is no such type of problem.")
        address = url_for("contract.docs", _anchor=f"problem-{code}")
        return redirect(address)  # type: ignore[return-value]  # werkzeug's own base class

    routes.add_app_template_filter(codes)
    return routes


def codes(text: str) -> Markup:
    """Returns text as HTML, with what stands between backticks as code."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704  # escaped before


class _Contract:
    """The document, made when it is first asked for, and the page around it."""

    def __init__(self, settings: Settings, sites: SiteDirectory, policies: PolicyDirectory) -> None:
        self._settings = settings
        self._sites = sites
        self._policies = policies

    @cached_property
    def bytes_once(self) -> Document:
        """The document in three encodings."""
        return Document.of(msgspec.json.encode(self._document), "application/json")

    @cached_property
    def _document(self) -> dict[str, object]:
        return document(self._settings)

    def page(self, site_key: str) -> Response:
        """Returns the page. site_key: whose values stand in the commands; unknown: examples."""
        components = self._document["components"]
        assert isinstance(components, dict)
        real, is_known = self._real(site_key)
        url = self._settings.public_url
        page = render_template(
            "contract/docs.html",
            info=self._document["info"],
            groups=list(groups(components["schemas"], url, real)),
            problems=catalogue(),
            schemes=components["securitySchemes"],
            public_url=url,
            site_key=site_key if is_known else "",
            is_unknown=bool(site_key) and not is_known,
        )
        response = make_response(page)
        response.headers["Cache-Control"] = "no-cache"
        response.vary.update(["Accept-Language", "Cookie"])
        return response

    def _real(self, site_key: str) -> tuple[Real, bool]:
        url = self._settings.public_url
        if site_key:
            try:
                site = self._sites.site(site_key)
                version = self._policies.in_force(site.id)
                hashes = dict(version.hashes)
                return real_values(url, site.key, hashes, version.number, version.purposes), True
            except SiteUnknown:
                pass
        return real_values(url, SITE, {}, 1, Real({}).purposes), False
