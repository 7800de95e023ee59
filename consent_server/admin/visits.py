"""Visit records: personal data, shown only to handlers, for a reason, and written down.

The reason is asked once and holds for half an hour, for the operator who gave it; every page that
is shown makes an entry in the access log with the number of records on it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from consent_server import clock
from consent_server.admin.choices import (
    PAGE_ROWS,
    REASON_CHARACTERS,
    Choices,
    read_choices,
    read_line,
)
from consent_server.admin.guard import operator_name, operator_page
from consent_server.audit.services import Act, record_act
from consent_server.config import Settings
from consent_server.visits.days import VisitDays
from consent_server.visits.device import DEVICE_CLASSES
from consent_server.visits.services import VisitFilter, VisitReader

_REASON: Final = "visits_reason"  # the session's own name for it
_REASON_HOLDS: Final = timedelta(minutes=30)


def add_pages(routes: Blueprint, settings: Settings, reader: VisitReader, days: VisitDays) -> None:
    """Adds the pages."""

    @routes.get("/visits")
    @operator_page("personal.read", of_granted_sites=True)
    def list_visit_records() -> ResponseReturnValue:
        reason = _reason()
        if not reason:
            return render_template("admin/reason.html", is_missing=False)
        choices = read_choices(request.args, settings.zone, "personal.read")
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
            archived=days.archived(choices.site_id, choices.since, choices.until),
        )

    @routes.post("/visits")
    @operator_page("personal.read", of_granted_sites=True)
    def give_reason() -> ResponseReturnValue:
        reason = read_line(request.form.get("reason", ""))[:REASON_CHARACTERS]
        if not reason:
            return render_template("admin/reason.html", is_missing=True), 400
        until = clock.now() + _REASON_HOLDS
        session[_REASON] = {"operator": operator_name(), "text": reason, "until": until.isoformat()}
        return redirect(request.full_path.rstrip("?"))  # the filter in the address stays

    @routes.post("/visits/done")
    @operator_page("personal.read", of_granted_sites=True)
    def end_reason() -> ResponseReturnValue:
        session.pop(_REASON, None)
        return redirect(url_for("admin.overview"))


def _reason() -> str:
    """Returns the reason that holds now, "" if none: whoever signs in next gives his own."""
    given = session.get(_REASON)
    if given is None:
        return ""
    holds = datetime.fromisoformat(given["until"]) > clock.now()
    if not holds or given["operator"] != operator_name():
        session.pop(_REASON)
        return ""
    return str(given["text"])


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
