"""Sites: list, add, change; the tag to paste."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from consent_server.admin.guard import operator_name, operator_page
from consent_server.audit.services import Act, record_act
from consent_server.config import Settings
from consent_server.errors import CommandError
from consent_server.policies.services import open_site, versions_of
from consent_server.sites.services import (
    NewSite,
    all_sites,
    change_site,
    find_site,
    script_tag,
)

if TYPE_CHECKING:
    from consent_server.sites.models import Site


def add_pages(routes: Blueprint, settings: Settings) -> None:
    """Adds the pages."""

    @routes.get("/sites")
    @operator_page("viewer")
    def list_sites() -> str:
        return render_template("admin/sites.html", sites=all_sites())

    @routes.route("/sites/new", methods=["GET", "POST"])
    @operator_page("owner")
    def add_site() -> ResponseReturnValue:
        if request.method == "GET":
            return _form(None, MultiDict({"language": "ko", "logs_visits": "on"}))
        try:
            site = open_site(_filled_in())
        except CommandError as error:
            return _form(None, request.form, str(error)), 400
        record_act(Act(operator=operator_name(), act="site.add", site_id=site.id))
        return redirect(url_for("admin.show_site", key=site.key))

    @routes.get("/sites/<key>")
    @operator_page("viewer")
    def show_site(key: str) -> str:
        site = _known(key)
        return render_template(
            "admin/site.html",
            site=site,
            tag=script_tag(settings.public_url, site.key),
            versions=versions_of(site.id),
        )

    @routes.route("/sites/<key>/change", methods=["GET", "POST"])
    @operator_page("owner")
    def edit_site(key: str) -> ResponseReturnValue:
        site = _known(key)
        if request.method == "GET":
            return _form(site, _as_filled_in(site))
        try:
            change_site(site, _filled_in())
        except CommandError as error:
            return _form(site, request.form, str(error)), 400
        record_act(Act(operator=operator_name(), act="site.change", site_id=site.id))
        return redirect(url_for("admin.show_site", key=key))


def _known(key: str) -> Site:
    try:
        return find_site(key)
    except CommandError:
        abort(404)


def _form(site: Site | None, values: Any, error: str = "") -> str:
    return render_template("admin/site_form.html", site=site, values=values, error=error)


def _filled_in() -> NewSite:
    form = request.form
    return NewSite(
        name=form.get("name", ""),
        origins=form.get("origins", "").split(),
        controller=form.get("controller", ""),
        contact=form.get("contact", ""),
        language="en" if form.get("language") == "en" else "ko",
        logs_visits="logs_visits" in form,
    )


def _as_filled_in(site: Site) -> MultiDict[str, str]:
    values = {
        "name": site.name,
        "origins": "\n".join(origin.origin for origin in site.origins),
        "controller": site.controller,
        "contact": site.contact,
        "language": site.language,
    }
    return MultiDict(values | ({"logs_visits": "on"} if site.logs_visits else {}))
