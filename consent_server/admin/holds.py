"""Legal holds: list, open, extend, release, read; for owners, each act with a reason.

What a hold is narrowed to is never shown again. A hold is opened only with a tick that says one
knows what it does, and released by typing its name: then its visits are destroyed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, redirect, render_template, request, url_for
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
from consent_server.admin.confirming import is_confirmed, not_confirmed
from consent_server.admin.guard import operator_name, operator_page
from consent_server.admin.said import said
from consent_server.config import Settings
from consent_server.errors import CommandError
from consent_server.holds.rules import (
    BASES,
    EVERYTHING,
    LONGEST,
    NAME_CHARACTERS,
    NARROWED_BY,
    NewHold,
    normal_sought,
)
from consent_server.holds.services import HoldKeeper
from consent_server.holds.shown import Hold
from consent_server.sites.services import all_sites

_FIELDS: Final = ("name", "reference", "officer", "reason")


@dataclass(frozen=True, slots=True)
class _Pages:
    """What the pages need. zone: of the law, whose midnights end a hold."""

    settings: Settings
    keeper: HoldKeeper

    def form(self, errors: dict[str, str]) -> str:
        """Returns the form of a new hold, as it was filled in."""
        return render_template(
            "admin/hold_form.html",
            sites=all_sites(),
            values=request.form,
            errors=errors,
            bases=BASES,
            narrowed_by=NARROWED_BY,
            latest=self.latest_day(),
        )

    def hold(self, hold: Hold, errors: dict[str, str]) -> str:
        """Returns the page of one hold."""
        return render_template(
            "admin/hold.html",
            hold=hold,
            errors=errors,
            values=request.form,
            names=_site_names(),
            latest=self.latest_day(),
        )

    def latest_day(self) -> str:
        """Returns the last day to which a hold may be set now."""
        return (
            (clock.now().astimezone(ZoneInfo(self.settings.zone)) + LONGEST - timedelta(days=1))
            .date()
            .isoformat()
        )

    def known(self, hold_id: UUID) -> Hold:
        """Returns the hold that an address names, or answers with 404."""
        try:
            return self.keeper.find(hold_id)
        except CommandError:
            abort(404)

    def end_of(self, form: MultiDict[str, str], errors: dict[str, str]) -> datetime | None:
        """Returns the end of the last day that a form names."""
        choices = read_choices(MultiDict({"until": form.get("ends", "")}), self.settings.zone)
        if choices.errors or choices.until is None:
            errors["ends"] = choices.errors.get("until") or _("Write the day as 2026-01-31.")
        return choices.until


def add_pages(routes: Blueprint, settings: Settings, keeper: HoldKeeper) -> None:
    """Adds the pages."""
    pages = _Pages(settings, keeper)

    @routes.get("/holds")
    @operator_page("officer")
    def list_holds() -> str:
        return render_template("admin/holds.html", holds=keeper.all(), names=_site_names())

    @routes.get("/holds/new")
    @operator_page("officer")
    def new_hold() -> str:
        return pages.form({})

    @routes.post("/holds/new")
    @operator_page("officer")
    def open_hold() -> ResponseReturnValue:
        errors: dict[str, str] = {}
        new = _read_form(pages, request.form, errors)
        if new is None:
            return pages.form(errors), 400
        try:
            hold = keeper.open(new, operator_name())
        except CommandError as error:
            return pages.form({"form": said(error)}), 400
        return redirect(url_for("admin.show_hold", hold_id=hold.hold_id))

    @routes.get("/holds/<uuid:hold_id>")
    @operator_page("officer")
    def show_hold(hold_id: UUID) -> str:
        return pages.hold(pages.known(hold_id), {})

    @routes.post("/holds/<uuid:hold_id>/extend")
    @operator_page("officer")
    def extend_hold(hold_id: UUID) -> ResponseReturnValue:
        hold, errors = pages.known(hold_id), dict[str, str]()
        ends_at, reason = pages.end_of(request.form, errors), _line("extend_reason", errors)
        if errors or ends_at is None:
            return pages.hold(hold, errors), 400
        try:
            keeper.extend(hold_id, ends_at, operator_name(), reason)
        except CommandError as error:
            return pages.hold(hold, {"ends": said(error)}), 400
        return redirect(url_for("admin.show_hold", hold_id=hold_id))

    @routes.post("/holds/<uuid:hold_id>/release")
    @operator_page("officer")
    def release_hold(hold_id: UUID) -> ResponseReturnValue:
        hold, errors = pages.known(hold_id), dict[str, str]()
        reason = _line("release_reason", errors)
        if not is_confirmed(hold.name):
            errors["typed"] = not_confirmed(hold.name)
        if errors:
            return pages.hold(hold, errors), 400
        try:
            keeper.release(hold_id, operator_name(), reason)
        except CommandError as error:
            return pages.hold(hold, {"release_reason": said(error)}), 400
        return redirect(url_for("admin.show_hold", hold_id=hold_id))

    @routes.post("/holds/<uuid:hold_id>/records")
    @operator_page("officer", of_personal_data=True)
    def read_hold(hold_id: UUID) -> ResponseReturnValue:
        hold, errors = pages.known(hold_id), dict[str, str]()
        reason = _line("read_reason", errors)
        if errors:
            return pages.hold(hold, errors), 400
        before_id = read_row_number(request.form.get("before", ""))
        try:
            rows = keeper.read_held(
                hold_id, operator_name(), reason, before_id=before_id, limit=PAGE_ROWS
            )
        except CommandError as error:
            return pages.hold(hold, {"read_reason": said(error)}), 400
        return render_template(
            "admin/hold_records.html",
            hold=hold,
            rows=rows,
            reason=reason,
            has_older=len(rows) == PAGE_ROWS,
        )


def _read_form(pages: _Pages, form: MultiDict[str, str], errors: dict[str, str]) -> NewHold | None:
    """Returns what the form says, or None with a message for each field that is wrong."""
    choices = read_choices(form, pages.settings.zone)
    errors |= choices.errors
    lines = {name: _line(name, errors) for name in _FIELDS}
    basis, narrowed_by = (
        _one_of(choices, "basis", BASES),
        _one_of(choices, "narrowed_by", NARROWED_BY),
    )
    ends_at = pages.end_of(form, errors)
    if choices.site_id is None:
        errors.setdefault("site", _("Choose a site."))
    if narrowed_by != EVERYTHING and not _is_sought(narrowed_by, form.get("sought", "")):
        errors["sought"] = _("Write an IP address or a visitor id, as chosen above.")
    if "confirmed" not in form:
        errors["confirmed"] = _("Tick this to open the hold.")
    if errors or ends_at is None or choices.site_id is None:
        return None
    return NewHold(
        **lines,
        basis=basis,
        site_id=choices.site_id,
        since=choices.since,
        until=choices.until,
        narrowed_by=narrowed_by,
        sought=form.get("sought", ""),
        ends_at=ends_at,
    )


def _one_of(choices: Choices, name: str, allowed: tuple[str, ...]) -> str:
    return choices.one_of(name, allowed) or allowed[0]


def _line(name: str, errors: dict[str, str]) -> str:
    line = read_line(request.form.get(name, ""))
    limit = 500 if name.endswith("reason") else NAME_CHARACTERS
    if not 0 < len(line) <= limit:
        errors[name] = _("Write 1 to %(limit)s characters.", limit=limit)
    return line


def _is_sought(narrowed_by: str, text: str) -> bool:
    try:
        return bool(normal_sought(narrowed_by, text))
    except CommandError:
        return False


def _site_names() -> dict[int, str]:
    return {site.id: site.name for site in all_sites()}
