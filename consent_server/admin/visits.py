"""Visit records: personal data, shown only to handlers, for a reason, and written down.

The reason is asked once and holds for half an hour; every page that is shown makes an entry in
the access log with the number of records on it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from consent_server import clock
from consent_server.admin.choices import PAGE_ROWS, Choices, read_choices
from consent_server.admin.guard import operator_name, operator_page
from consent_server.audit.services import Act, record_act
from consent_server.config import Settings
from consent_server.visits.device import DEVICE_CLASSES
from consent_server.visits.services import VisitFilter, VisitReader

_REASON_HOLDS: Final = timedelta(minutes=30)
_REASON_CHARACTERS: Final = 500


def add_pages(routes: Blueprint, settings: Settings, reader: VisitReader) -> None:
    """Adds the pages."""

    @routes.get("/visits")
    @operator_page("handler")
    def list_visit_records() -> ResponseReturnValue:
        reason = _reason()
        if not reason:
            return render_template("admin/reason.html", error=False)
        choices = read_choices(request.args, settings.zone)
        rows = reader.newest(_filter(choices), before_id=choices.before_id, limit=PAGE_ROWS + 1)
        shown = rows[:PAGE_ROWS]
        _write_down(choices, len(shown), reason)
        return render_template(
            "admin/visits.html",
            choices=choices,
            rows=shown,
            has_older=len(rows) > PAGE_ROWS,
            device_classes=DEVICE_CLASSES,
            names={site.id: site.name for site in choices.sites},
            reason=reason,
        )

    @routes.post("/visits/reason")
    @operator_page("handler")
    def give_reason() -> ResponseReturnValue:
        reason = request.form.get("reason", "").strip()[:_REASON_CHARACTERS]
        if not reason:
            return render_template("admin/reason.html", error=True), 400
        session["reason"] = reason
        session["reason_until"] = (clock.now() + _REASON_HOLDS).isoformat()
        return redirect(url_for("admin.list_visit_records"))

    @routes.post("/visits/done")
    @operator_page("handler")
    def end_reason() -> ResponseReturnValue:
        session.pop("reason", None)
        return redirect(url_for("admin.overview"))


def _reason() -> str:
    until = session.get("reason_until")
    if until is None or datetime.fromisoformat(until) <= clock.now():
        session.pop("reason", None)
    return str(session.get("reason", ""))


def _filter(choices: Choices) -> VisitFilter:
    return VisitFilter(
        site_id=choices.site_id,
        since=choices.since,
        until=choices.until,
        device_class=choices.one_of("device_class", DEVICE_CLASSES),
    )


def _write_down(choices: Choices, count: int, reason: str) -> None:
    record_act(
        Act(
            operator=operator_name(),
            act="visits.view",
            site_id=choices.site_id,
            record_count=count,
            reason=reason,
        )
    )
