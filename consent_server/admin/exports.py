"""Exports from the console: a form with a reason, then a stream."""

from __future__ import annotations

from typing import Final, Literal

from flask import Blueprint, Response, render_template, request, stream_with_context
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from consent_server.admin.choices import REASON_CHARACTERS, Choices, read_choices, read_line
from consent_server.admin.consents import ACTIONS
from consent_server.admin.guard import operator_name, operator_page
from consent_server.config import Settings
from consent_server.pace import SERVING
from consent_server.reports.exports import Export, Exporter, file_name, media_type
from consent_server.visits.device import DEVICE_CLASSES

_FORMATS: Final = ("csv", "ndjson")
_KINDS: Final = ("consents", "visits")


def add_pages(routes: Blueprint, settings: Settings, exporter: Exporter) -> None:
    """Adds the pages."""

    @routes.get("/exports")
    @operator_page("personal.handle", of_granted_sites=True)
    def export_form() -> str:
        return _form(read_choices(request.args, settings.zone, "personal.handle"))

    @routes.post("/exports")
    @operator_page("personal.handle", of_granted_sites=True)
    def export() -> ResponseReturnValue:
        choices = read_choices(request.form, settings.zone, "personal.handle")
        reason = read_line(request.form.get("reason", ""))[:REASON_CHARACTERS]
        if not reason:
            choices.errors["reason"] = _("Say why; it stands in the access log.")
        if choices.errors:
            return _form(choices), 400
        wanted = _export(choices, request.form)
        blocks = exporter.stream(wanted, operator=operator_name(), reason=reason, share=SERVING)
        response = Response(stream_with_context(blocks), content_type=media_type(wanted))
        response.headers.set("Content-Disposition", "attachment", filename=file_name(wanted))
        return response


def _form(choices: Choices) -> str:
    return render_template(
        "admin/exports.html", choices=choices, actions=ACTIONS, device_classes=DEVICE_CLASSES
    )


def _export(choices: Choices, form: MultiDict[str, str]) -> Export:
    kind: Literal["consents", "visits"] = (
        "visits" if choices.one_of("kind", _KINDS) == "visits" else "consents"
    )
    is_csv = choices.one_of("format", _FORMATS) != "ndjson"
    return Export(
        kind=kind,
        format="csv" if is_csv else "ndjson",
        site_id=choices.site_id,
        since=choices.since,
        until=choices.until,
        action=choices.one_of("action", ACTIONS),
        device_class=choices.one_of("device_class", DEVICE_CLASSES),
        bom="bom" in form,
    )
