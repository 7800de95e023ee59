"""The archive: asked for on a legal basis, opened by a second operator, read for a day.

The address that is looked for travels in the body of a form, is never part of an address line, and
is kept nowhere.
"""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from consent_server import clock
from consent_server.admin.choices import (
    PAGE_ROWS,
    Choices,
    read_choices,
    read_line,
    read_row_number,
)
from consent_server.admin.guard import may_everywhere, operator_name, operator_page
from consent_server.config import Settings
from consent_server.disclosures.requests import Request, ask, decide, find, newest
from consent_server.disclosures.rules import BASES, ITEMS, Asked, faults_of
from consent_server.disclosures.services import ArchiveReader, Shown, device_words
from consent_server.errors import CommandError
from consent_server.reports.tables import csv_file
from consent_server.sites.services import all_sites

_WORDS: Final = ("reason", "authority", "permit_number")


def add_pages(routes: Blueprint, settings: Settings, archive: ArchiveReader) -> None:
    """Adds the pages."""

    @routes.get("/archive")
    @operator_page("handler")
    def list_archive_requests() -> str:
        before_id = read_row_number(request.args.get("before", ""))
        found = newest(before_id=before_id, limit=PAGE_ROWS + 1)
        return render_template(
            "admin/archive.html",
            requests=found[:PAGE_ROWS],
            has_older=len(found) > PAGE_ROWS,
            names=_site_names(),
        )

    @routes.get("/archive/new")
    @operator_page("handler")
    def archive_form() -> str:
        return _form(read_choices(request.args, settings.zone))

    @routes.post("/archive/new")
    @operator_page("handler")
    def ask_for_archive() -> ResponseReturnValue:
        choices = read_choices(request.form, settings.zone)
        asked = _asked(choices, request.form)
        choices.errors.update(_messages(asked))
        if choices.errors:
            return _form(choices), 400
        row = ask(asked, operator_name())
        return redirect(url_for("admin.show_archive_request", reference=row.reference))

    @routes.get("/archive/<reference>")
    @operator_page("handler")
    def show_archive_request(reference: str) -> str:
        return _page(_known(reference))

    @routes.post("/archive/<reference>/decide")
    @operator_page("officer")
    def decide_archive_request(reference: str) -> ResponseReturnValue:
        found = _known(reference)
        try:
            decide(reference, operator_name(), is_approved="approve" in request.form)
        except CommandError:
            return _page(found, error=_("Somebody else than who asked has to decide, once.")), 409
        return redirect(url_for("admin.show_archive_request", reference=reference))

    @routes.post("/archive/<reference>/read")
    @operator_page("handler")
    def read_archive(reference: str) -> ResponseReturnValue:
        found = _known(reference)
        try:
            shown = archive.read(reference, operator_name(), _address())
        except CommandError:
            return _page(found, error=_cannot(found)), 409
        return _page(found, shown=shown)

    @routes.post("/archive/<reference>/hand-over")
    @operator_page("handler")
    def hand_over(reference: str) -> ResponseReturnValue:
        found = _known(reference)
        keys = {site.id: site.key for site in all_sites()}
        try:
            file = archive.hand_over(reference, operator_name(), csv_file, keys, _address())
        except CommandError:
            return _page(found, error=_cannot(found)), 409
        response = Response(file.content, content_type="text/csv; charset=utf-8")
        name = f"disclosure-{file.reference}.csv"
        response.headers.set("Content-Disposition", "attachment", filename=name)
        return response


def _page(found: Request, *, shown: Shown | None = None, error: str = "") -> str:
    is_own = found.row.asked_by == operator_name()
    return render_template(
        "admin/archive_request.html",
        found=found,
        basis=BASES[found.row.basis],
        names=_site_names(),
        shown=shown,
        error=error,
        address=_address(),
        may_decide=found.state == "pending" and may_everywhere("duties.decide") and not is_own,
        may_read=found.state == "approved" and is_own,
        device_words=device_words,
    )


def _form(choices: Choices) -> str:
    chosen = choices.values.getlist("items") if "basis" in choices.values else list(ITEMS)
    return render_template(
        "admin/archive_form.html", choices=choices, bases=BASES, items=ITEMS, chosen=chosen
    )


def _asked(choices: Choices, form: MultiDict[str, str]) -> Asked:
    now = clock.now()
    since, until = choices.since, choices.until
    if since is None or until is None:
        since = until = now  # an empty period is refused
    return Asked(
        basis=form.get("basis", ""),
        since=since,
        until=until,
        items=[item for item in ITEMS if item in form.getlist("items")],
        site_id=choices.site_id,
        **{name: read_line(form.get(name, "")) for name in _WORDS},
    )


def _messages(asked: Asked) -> dict[str, str]:
    words = {
        "required": _("This is needed for this legal basis."),
        "long": _("At most 300 characters."),
        "unknown": _("Choose at least one."),
        "order": _("Give the first and the last day, at most 400 days apart."),
    }
    return {field: words[fault] for field, fault in faults_of(asked).items()}


def _cannot(found: Request) -> str:
    if found.state != "approved" or found.row.asked_by != operator_name():
        return _("Only who asked can read, within 24 hours after the approval.")
    return _("Nothing was handed out: no record fits, too many do, or this is no IP address.")


def _address() -> str:
    return read_line(request.form.get("address", ""))[:100]


def _known(reference: str) -> Request:
    try:
        return find(reference) if reference.isalnum() else abort(404)
    except CommandError:
        abort(404)


def _site_names() -> dict[int, str]:
    return {site.id: site.name for site in all_sites()}
