"""Sites: list, add, change; the tag to paste and the notices behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from consent_server.admin.banner import shown_banner
from consent_server.admin.choices import known_site, read_line
from consent_server.admin.guard import granted_sites, operator_name, operator_page
from consent_server.admin.said import said
from consent_server.audit.services import Act, record_act
from consent_server.banner.document import BannerDocuments
from consent_server.config import Settings
from consent_server.errors import CommandError
from consent_server.policies.services import find_version, open_site, versions_of
from consent_server.sites.rules import (
    ADDRESS_MODES,
    DEVICE_MODES,
    VISIT_BASES,
    normal_origin,
    purpose_key,
)
from consent_server.sites.services import (
    NewSite,
    change_site,
    script_tag,
)

if TYPE_CHECKING:
    from consent_server.sites.models import Site

_NAME_CHARACTERS: Final = 200
_ORIGIN_CHARACTERS: Final = 300
_VISIT_PURPOSE: Final = "analytics"


@dataclass(frozen=True, slots=True)
class _FilledIn:
    """The form of a site as an operator sent it, with a message for each field that is wrong."""

    new: NewSite
    errors: dict[str, str] = field(default_factory=dict)


def add_pages(routes: Blueprint, settings: Settings, documents: BannerDocuments) -> None:
    """Adds the pages."""

    @routes.get("/sites")
    @operator_page("records.read", of_granted_sites=True)
    def list_sites() -> str:
        return render_template("admin/sites.html", sites=granted_sites())

    @routes.get("/sites/new")
    @operator_page("everything.change")
    def new_site() -> str:
        return _form(None, MultiDict({"language": "ko", "visit_purpose": _VISIT_PURPOSE}), {})

    @routes.post("/sites/new")
    @operator_page("everything.change")
    def add_site() -> ResponseReturnValue:
        filled_in = _read_form(request.form)
        if filled_in.errors:
            return _form(None, request.form, filled_in.errors), 400
        try:
            site = open_site(filled_in.new)
        except CommandError as error:
            return _form(None, request.form, {"form": said(error)}), 400
        record_act(Act(operator=operator_name(), act="site.add", site_id=site.id))
        return redirect(url_for("admin.show_site", key=site.key))

    @routes.get("/sites/<key>")
    @operator_page("records.read")
    def show_site(key: str) -> str:
        site = known_site(key)
        return render_template(
            "admin/site.html",
            site=site,
            tag=script_tag(settings.public_url, site.key),
            versions=versions_of(site.id),
            in_force=find_version(site.id).number,
            banner=shown_banner(site, settings, documents),
        )

    @routes.get("/sites/<key>/change")
    @operator_page("everything.change")
    def edit_site(key: str) -> str:
        site = known_site(key)
        return _form(site, _as_filled_in(site), {})

    @routes.post("/sites/<key>/change")
    @operator_page("everything.change")
    def save_site(key: str) -> ResponseReturnValue:
        site, filled_in = known_site(key), _read_form(request.form)
        if filled_in.errors:
            return _form(site, request.form, filled_in.errors), 400
        try:
            change_site(site, filled_in.new)
        except CommandError as error:
            return _form(site, request.form, {"form": said(error)}), 400
        record_act(Act(operator=operator_name(), act="site.change", site_id=site.id))
        return redirect(url_for("admin.show_site", key=key))


def _form(site: Site | None, values: MultiDict[str, str], errors: dict[str, str]) -> str:
    return render_template(
        "admin/site_form.html",
        site=site,
        values=values,
        errors=errors,
        visit_bases=VISIT_BASES,
        address_modes=ADDRESS_MODES,
        device_modes=DEVICE_MODES,
    )


def _read_form(form: MultiDict[str, str]) -> _FilledIn:
    """Returns what the form says; the services check it again, in English, for every caller."""
    new = NewSite(
        name=read_line(form.get("name", "")),
        origins=form.get("origins", "").split(),
        controller=read_line(form.get("controller", "")),
        contact=read_line(form.get("contact", "")),
        language="en" if form.get("language") == "en" else "ko",
        visit_basis=_chosen(form, "visit_basis", VISIT_BASES),
        visit_purpose=form.get("visit_purpose", "").strip() or _VISIT_PURPOSE,
        address_mode=_chosen(form, "address_mode", ADDRESS_MODES),
        device_mode=_chosen(form, "device_mode", DEVICE_MODES),
    )
    messages = {
        "name": _name_error(new.name),
        "origins": _origins_error(new.origins),
        "visit_purpose": _purpose_error(new.visit_purpose),
    }
    return _FilledIn(new, {name: message for name, message in messages.items() if message})


def _chosen(form: MultiDict[str, str], name: str, choices: Sequence[str]) -> str:
    """Returns what was chosen; the first where the form says something else."""
    chosen = form.get(name, "")
    return chosen if chosen in choices else choices[0]


def _name_error(name: str) -> str:
    if 0 < len(name) <= _NAME_CHARACTERS:
        return ""
    return _("Give the site a name of 1 to %(limit)s characters.", limit=_NAME_CHARACTERS)


def _purpose_error(purpose: str) -> str:
    try:
        purpose_key(purpose)
    except CommandError:
        return _("Write the key of a purpose of the notice, such as analytics.")
    return ""


def _origins_error(origins: Sequence[str]) -> str:
    if not origins:
        return _("Write at least one origin, such as https://shop.example.")
    for origin in origins:
        if not _is_origin(origin):
            return _(
                "%(origin)s is not an origin. Write scheme and host without a path, "
                "such as https://shop.example.",
                origin=origin[:100],
            )
    return ""


def _is_origin(text: str) -> bool:
    try:
        return text.isprintable() and len(normal_origin(text)) <= _ORIGIN_CHARACTERS
    except CommandError:
        return False


def _as_filled_in(site: Site) -> MultiDict[str, str]:
    values = {
        "name": site.name,
        "origins": "\n".join(origin.origin for origin in site.origins),
        "controller": site.controller,
        "contact": site.contact,
        "language": site.language,
        "visit_basis": site.visit_basis,
        "visit_purpose": site.visit_purpose,
        "address_mode": site.address_mode,
        "device_mode": site.device_mode,
    }
    return MultiDict(values)
