"""`/preferences/<site_key>`: the preference centre, a page with forms that needs no JavaScript.

The same choices as in the banner, recorded by the same service; answered by a redirect, so that
reloading never decides anything twice. Nothing of it is cached, framed or found by search engines.
"""

from __future__ import annotations

import uuid
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_babel import force_locale, get_locale

from consent_server import clock
from consent_server.banner.schemas import decoder as banner_settings
from consent_server.config import Settings
from consent_server.errors import SubmissionConflict
from consent_server.sites.directory import SiteDirectory, SiteEntry
from consent_server.sites.visit_words import (
    basis_words,
    erased_words,
    in_language,
    refused_words,
)
from consent_server.subjects.identity import VisitorCookie
from consent_server.subjects.my_data import hand_over
from consent_server.subjects.schemas import read_choice
from consent_server.subjects.services import PreferenceCentre
from consent_server.subjects.shown import Shown
from consent_server.visits.erasure import DUTY, RefusedUntil
from consent_server.web.client_address import client_address
from consent_server.web.csrf import refuse_other_pages
from consent_server.web.guard import guarded_by
from consent_server.web.languages import LANGUAGES, direction, preferred_language
from consent_server.web.limiter import RateLimiter
from consent_server.web.limits import read_form


def blueprint(
    settings: Settings, sites: SiteDirectory, centre: PreferenceCentre, limiter: RateLimiter
) -> Blueprint:
    """Returns the routes of this room."""
    routes = Blueprint("subjects", __name__, url_prefix="/preferences")
    pages = _Pages(settings, centre)

    @routes.get("/<site_key>")
    @guarded_by("public")
    def show_preferences(site_key: str) -> Response:
        limiter.check("pages", client_address(request.environ, settings.trusted_proxies))
        site = sites.site(site_key)
        if "visitor" in request.args:
            return pages.introduce(site, request.args["visitor"])
        return pages.show(site)

    @routes.post("/<site_key>")
    @guarded_by("own page")
    def decide(site_key: str) -> Response:
        limiter.check("address", client_address(request.environ, settings.trusted_proxies))
        refuse_other_pages(request, settings.public_url)
        site = sites.site(site_key)
        limiter.check("site", site.key)
        return pages.decide(site)

    @routes.post("/<site_key>/visits")
    @guarded_by("own page")
    def erase_visits(site_key: str) -> Response:
        limiter.check("address", client_address(request.environ, settings.trusted_proxies))
        refuse_other_pages(request, settings.public_url)
        site = sites.site(site_key)
        limiter.check("site", site.key)
        return pages.erase_visits(site)

    @routes.get("/<site_key>/my-data")
    @guarded_by("visitor token")
    def lead_to_my_data(site_key: str) -> Response:
        limiter.check("pages", client_address(request.environ, settings.trusted_proxies))
        site = sites.site(site_key)
        return hand_over(settings, site, pages.visitor(site))

    @routes.get("/<site_key>/receipt")
    @guarded_by("visitor token")
    def download_receipt(site_key: str) -> Response:
        limiter.check("pages", client_address(request.environ, settings.trusted_proxies))
        return pages.receipt(sites.site(site_key))

    @routes.after_request
    def keep_out_of_search(response: Response) -> Response:
        response.headers["X-Robots-Tag"] = "noindex"
        return response

    return routes


class _Pages:
    """The answers of this room, for a site that is known."""

    def __init__(self, settings: Settings, centre: PreferenceCentre) -> None:
        self._settings = settings
        self._centre = centre

    def show(self, site: SiteEntry, problem: str = "", status: int = 200) -> Response:
        """Returns the page. problem: `token`, `old form` or `visits`, said above the rest."""
        cookie = VisitorCookie.of(self._settings, site.key)
        token = self.visitor(site)
        has_foreign_cookie = token is None and cookie.read() is not None
        page = self._render(site, token, problem or ("token" if has_foreign_cookie else ""), status)
        if has_foreign_cookie:
            cookie.forget(page)
        return page

    def introduce(self, site: SiteEntry, token: str) -> Response:
        """Remembers whom a link names and leads to the address without the token."""
        if not self._centre.is_ours(site, token):
            response = self.show(site, "token")
        else:
            response = _to_page(site)
            VisitorCookie.of(self._settings, site.key).keep(response, token)
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    def decide(self, site: SiteEntry) -> Response:
        """Records what the form says and leads back to the page."""
        choice = read_choice(read_form(request, self._settings.body_limit_bytes))
        has_gpc = request.headers.get("Sec-GPC") == "1"
        try:
            done = self._centre.decide(
                site, choice, self.visitor(site), gpc=has_gpc, environ=request.environ
            )
        except SubmissionConflict as old_form:
            return self.show(site, "old form", old_form.status)
        response = _to_page(site, is_saved=True, are_visits_gone=done.are_visits_gone)
        VisitorCookie.of(self._settings, site.key).keep(response, done.token)
        return response

    def erase_visits(self, site: SiteEntry) -> Response:
        """Deletes the visitor's visit records and says so, or says why not (409) and until when."""
        outcome = self._centre.erase_visits(site, self.visitor(site))
        if isinstance(outcome, RefusedUntil):
            return self.show(site, "visits", 409)
        return _to_page(site, are_visits_gone=True)

    def receipt(self, site: SiteEntry) -> Response:
        """Returns the receipt of the last decision as a file."""
        receipt = self._centre.receipt(site, self.visitor(site))
        body = msgspec.json.format(msgspec.json.encode(receipt))
        response = Response(body, mimetype="application/json")
        name = f"consent-{receipt['record_id']}.json"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response

    def visitor(self, site: SiteEntry) -> str | None:
        """Returns the token of the cookie; None for nobody, be it missing, forged or foreign."""
        token = VisitorCookie.of(self._settings, site.key).read()
        return token if token and self._centre.is_ours(site, token) else None

    def _render(self, site: SiteEntry, token: str | None, problem: str, status: int) -> Response:
        version = self._centre.policies.in_force(site.id)
        language = _wanted_language(sorted(version.texts), site.language)
        last = self._centre.last_decision(site, token)
        shown = Shown.of(version, language, last)
        with force_locale(language if language in LANGUAGES else str(get_locale())):
            page = render_template(
                "subjects/preferences.html",
                site=site,
                shown=shown,
                texts=shown.texts,
                direction=direction(language),
                languages=sorted(version.texts),
                submission_id=uuid.uuid4(),
                asked=_asked_language(shown),
                problem=problem,
                visits=self._visits(site, shown, token),
                is_saved="saved" in request.args and shown.last is not None and not problem,
                has_gpc=_follows_gpc(site, version.purposes),
                decided_at=self._instant(shown),
            )
        return make_response(page, status)

    def _visits(self, site: SiteEntry, shown: Shown, token: str | None) -> dict[str, Any] | None:
        """Returns what the page says about visit records; None where none are kept."""
        if not site.logs_visits:
            return None
        names = {purpose["key"]: purpose["name"] for purpose in shown.purposes}
        name = names.get(site.visit_purpose, site.visit_purpose)
        until = self._settings.visit_period.gone_at(clock.now())
        kept = refused_words(until, self._settings.zone)
        language = str(get_locale())
        return {
            "basis": in_language(basis_words(site.visit_basis, {language: name}), language),
            "months": self._settings.visit_months,
            "kept": in_language(kept, language) if site.visit_basis == DUTY else "",
            "gone": in_language(erased_words(), language),
            "can_go": site.visit_basis != DUTY and token is not None,
            "said": request.args.get("visits"),
        }

    def _instant(self, shown: Shown) -> str:
        """Returns when the last decision was made, in the zone of the law, which it names."""
        if shown.last is None:
            return ""
        try:
            locale = Locale.parse(shown.language, sep="-")
        except (UnknownLocaleError, ValueError):
            locale = Locale("en")
        local = shown.last.recorded_at.astimezone(ZoneInfo(self._settings.zone))
        day = format_date(local, "long", locale=locale)
        return f"{day} {local:%H:%M} ({self._settings.zone})"


def _to_page(
    site: SiteEntry, *, is_saved: bool = False, are_visits_gone: bool | None = None
) -> Response:
    """Leads to the clean address of the page (303: by GET), in the language asked for."""
    address = url_for(
        "subjects.show_preferences",
        site_key=site.key,
        lang=request.args.get("lang"),
        saved=1 if is_saved else None,
        visits=None if are_visits_gone is None else "gone" if are_visits_gone else "kept",
    )
    return redirect(address, 303)  # type: ignore[return-value]  # werkzeug's own base class


def _wanted_language(languages: list[str], default: str) -> str:
    wanted = preferred_language(languages, default)
    return wanted if wanted in languages else languages[0]


def _asked_language(shown: Shown) -> str | None:
    """Returns the language that the address names, for addresses that lead on from it."""
    return shown.language if request.args.get("lang") == shown.language else None


def _follows_gpc(site: SiteEntry, purposes: tuple[str, ...]) -> bool:
    """Whether the browser sends a privacy signal that the site's banner follows."""
    banner = banner_settings.decode(site.banner_settings)
    return banner.heeds(request.headers.get) and any(key in purposes for key in banner.gpc)
