"""`/my-data/<site_key>`: everything held about whoever holds a visitor token, and what to do now.

A page without JavaScript, or JSON. The token comes as `Authorization: Bearer`, in the body of a
form, from the preference centre, or in a link that leads on at once: it stands in no address that
is shown, so in no Referer. Nothing of it is cached, framed or found by search engines.
"""

from __future__ import annotations

import uuid
from typing import Any, Final
from uuid import UUID

import msgspec
from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _

from consent_server import clock
from consent_server.config import Settings
from consent_server.errors import InvalidBody, SubmissionConflict, TokenRefused
from consent_server.sites.directory import SiteDirectory, SiteEntry
from consent_server.sites.visit_words import (
    basis_words,
    erased_words,
    in_language,
    refused_words,
)
from consent_server.subjects.access import MyDataReader, Words
from consent_server.subjects.identity import VisitorCookie
from consent_server.subjects.schemas import read_choice
from consent_server.subjects.shown import Shown
from consent_server.visits.erasure import DUTY, RefusedUntil
from consent_server.web.client_address import client_address
from consent_server.web.csrf import refuse_other_pages
from consent_server.web.guard import guarded_by
from consent_server.web.limiter import RateLimiter
from consent_server.web.limits import read_form

_BEARER: Final = "bearer"
_MEDIA_TYPES: Final = ("text/html", "application/json")  # of equals the first
_FORMATS: Final = {"json": True, "html": False}
_LAST_PAGE: Final = 100_000


def blueprint(
    settings: Settings, sites: SiteDirectory, reader: MyDataReader, limiter: RateLimiter
) -> Blueprint:
    """Returns the routes of the page."""
    routes = Blueprint("my_data", __name__, url_prefix="/my-data")
    pages = _MyData(settings, reader)

    def looked_up(site_key: str) -> SiteEntry:
        limiter.check("pages", client_address(request.environ, settings.trusted_proxies))
        return sites.site(site_key)

    def sent(site_key: str) -> SiteEntry:
        limiter.check("address", client_address(request.environ, settings.trusted_proxies))
        refuse_other_pages(request, settings.public_url)
        site = sites.site(site_key)
        limiter.check("site", site.key)
        return site

    @routes.get("/<site_key>")
    @guarded_by("visitor token")
    def show(site_key: str) -> Response:
        site = looked_up(site_key)
        if "visitor" in request.args:
            return pages.introduce(site, request.args["visitor"])
        return pages.file(site) if _wants_json() else pages.show(site)

    @routes.post("/<site_key>")
    @guarded_by("visitor token")
    def introduce(site_key: str) -> Response:
        site = looked_up(site_key)
        fields = read_form(request, settings.body_limit_bytes)
        return pages.introduce(site, fields.get("visitor", [""])[0])

    @routes.post("/<site_key>/withdrawal")
    @guarded_by("own page")
    def withdraw(site_key: str) -> Response:
        return pages.withdraw(sent(site_key))

    @routes.post("/<site_key>/erasure")
    @guarded_by("own page")
    def erase(site_key: str) -> Response:
        return pages.erase(sent(site_key))

    @routes.get("/<site_key>/receipts/<uuid:consent_id>")
    @guarded_by("visitor token")
    def download_receipt(site_key: str, consent_id: UUID) -> Response:
        return pages.receipt(looked_up(site_key), consent_id)

    @routes.after_request
    def keep_to_oneself(response: Response) -> Response:
        response.headers["X-Robots-Tag"] = "noindex"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    return routes


def hand_over(settings: Settings, site: SiteEntry, token: str | None) -> Response:
    """Leads from the preference centre to the page, as the visitor who is known there."""
    response = _to_page(site)
    if token is not None:
        VisitorCookie.of_my_data(settings, site.key).keep(response, token)
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


class _MyData:
    """The answers of this page, for a site that is known."""

    def __init__(self, settings: Settings, reader: MyDataReader) -> None:
        self._settings = settings
        self._reader = reader

    def introduce(self, site: SiteEntry, token: str) -> Response:
        """Remembers whom a token names and leads to the address without it."""
        if not self._reader.centre.is_ours(site, token):
            return self._nobody(site)
        return hand_over(self._settings, site, token)

    def show(self, site: SiteEntry, problem: str = "", status: int = 200) -> Response:
        """Returns the page. problem: `old form` or `visits`, said above the rest."""
        token = self._token(site)
        if token is None:
            return self._nobody(site)
        visitor_id = self._reader.visitor_of(site, token)
        shown = self._shown(site, token)
        page = render_template(
            "subjects/my_data.html",
            site=site,
            shown=shown,
            told=self._told(site, visitor_id, shown),
            held=self._reader.page(site, visitor_id, _page_number()),
            submission_id=uuid.uuid4(),
            problem=problem,
            said=request.args.get("said", ""),
            kept=in_language(self._kept_words(), str(get_locale())),
            gone=in_language(erased_words(), str(get_locale())),
            can_erase=site.logs_visits and site.visit_basis != DUTY,
        )
        return make_response(page, status)

    def file(self, site: SiteEntry) -> Response:
        """Returns the same as JSON. Raises TokenRefused for nobody."""
        token = self._token(site)
        if token is None:
            raise TokenRefused("Send the visitor token as `Authorization: Bearer ...`.")
        visitor_id = self._reader.visitor_of(site, token)
        told = self._told(site, visitor_id, self._shown(site, token))
        pieces = self._reader.file(site, visitor_id, told)
        first = next(pieces)  # what fails, fails before the answer begins

        def whole() -> Any:
            yield first
            yield from pieces

        response = Response(whole(), mimetype="application/json")
        if request.args.get("download") is not None:
            name = f"my-data-{site.key}.json"
            response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response

    def withdraw(self, site: SiteEntry) -> Response:
        """Records that everything is withdrawn, and says what became of the visits."""
        token = self._token(site)
        if token is None:
            return self._nobody(site)
        choice = read_choice(read_form(request, self._settings.body_limit_bytes))
        if choice.action != "withdraw":
            raise InvalidBody("Only a withdrawal is taken here.", field="action")
        has_gpc = request.headers.get("Sec-GPC") == "1"
        try:
            done = self._reader.centre.decide(
                site, choice, token, gpc=has_gpc, environ=request.environ
            )
        except SubmissionConflict as old_form:
            return self.show(site, "old form", old_form.status)
        gone = {True: "withdrawn-gone", False: "withdrawn-kept", None: "withdrawn"}
        return _to_page(site, gone[done.are_visits_gone if site.logs_visits else None])

    def erase(self, site: SiteEntry) -> Response:
        """Deletes the visit records and says so, or says why not (409) and until when."""
        token = self._token(site)
        if token is None:
            return self._nobody(site)
        outcome = self._reader.centre.erase_visits(site, token)
        if isinstance(outcome, RefusedUntil):
            return self.show(site, "visits", 409)
        return _to_page(site, "gone")

    def receipt(self, site: SiteEntry, consent_id: UUID) -> Response:
        """Returns the receipt of one decision as a file. Raises TokenRefused, NotFound."""
        token = self._token(site)
        if token is None:
            raise TokenRefused("Send the visitor token as `Authorization: Bearer ...`.")
        receipt = self._reader.receipt(site, self._reader.visitor_of(site, token), consent_id)
        body = msgspec.json.format(msgspec.json.encode(receipt))
        response = Response(body, mimetype="application/json")
        name = f"consent-{receipt['record_id']}.json"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response

    def _token(self, site: SiteEntry) -> str | None:
        """Returns the token sent, None for nobody. Raises TokenRefused for a wrong header."""
        scheme, _space, sent = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == _BEARER:
            self._reader.visitor_of(site, sent.strip())
            return sent.strip()
        token = VisitorCookie.of_my_data(self._settings, site.key).read()
        return token if token and self._reader.centre.is_ours(site, token) else None

    def _nobody(self, site: SiteEntry) -> Response:
        """Says how to get here, and forgets a cookie that opens nothing."""
        page = make_response(render_template("subjects/my_data_nobody.html", site=site), 403)
        cookie = VisitorCookie.of_my_data(self._settings, site.key)
        if cookie.read() is not None:
            cookie.forget(page)
        return page

    def _shown(self, site: SiteEntry, token: str) -> Shown:
        version = self._reader.centre.policies.in_force(site.id)
        languages = (str(get_locale()), site.language, *sorted(version.texts))
        language = next(one for one in languages if one in version.texts)
        return Shown.of(version, language, self._reader.centre.last_decision(site, token))

    def _told(self, site: SiteEntry, visitor_id: UUID, shown: Shown) -> Any:
        language = str(get_locale())
        names = {one["key"]: one["name"] for one in shown.purposes}
        purpose = names.get(site.visit_purpose, site.visit_purpose)
        words = Words(
            visit_basis=in_language(basis_words(site.visit_basis, {language: purpose}), language),
            left_out=_(
                "Visits from before this browser had a visitor id cannot be assigned to anybody. "
                "Copies that the site must keep for a court or an authority are not shown here; "
                "ask the site about them."
            )
            if site.logs_visits
            else "",
        )
        return self._reader.told(site, visitor_id, shown, language, words)

    def _kept_words(self) -> Any:
        until = self._settings.visit_period.gone_at(clock.now())
        return refused_words(until, self._settings.zone)


def _wants_json() -> bool:
    """Whether a program asks: by `?format=`, else by what it accepts. Raises InvalidBody."""
    asked = request.args.get("format")
    if asked is None:
        best = request.accept_mimetypes.best_match(_MEDIA_TYPES, "text/html")
        return best == "application/json"
    if asked not in _FORMATS:
        raise InvalidBody("The format is json or html.", field="format")
    return _FORMATS[asked]


def _page_number() -> int:
    asked = request.args.get("page", "1")
    if not (asked.isascii() and asked.isdigit() and 1 <= len(asked) <= 6):
        return 1
    return min(max(int(asked), 1), _LAST_PAGE)


def _to_page(site: SiteEntry, said: str | None = None) -> Response:
    """Leads to the clean address of the page (303: by GET), in the language asked for."""
    address = url_for("my_data.show", site_key=site.key, lang=request.args.get("lang"), said=said)
    return redirect(address, 303)  # type: ignore[return-value]  # werkzeug's own base class
