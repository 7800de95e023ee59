"""Exports from the console: a form with purpose and reason, then a stream, or a job for long ones.

Visits are masked unless whoever sees personal data, and proved who he is a moment ago, asks for
them as they are.
"""

from __future__ import annotations

import re
from typing import Final, cast, get_args

from flask import (
    Blueprint,
    Response,
    redirect,
    render_template,
    request,
    stream_with_context,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from consent_server.admin.choices import REASON_CHARACTERS, Choices, read_choices, read_line
from consent_server.admin.consents import ACTIONS
from consent_server.admin.guard import operator_name, operator_page
from consent_server.admin.visits import NO_COUNTRY
from consent_server.config import Settings
from consent_server.pace import SERVING
from consent_server.reports.exports import (
    COLUMNS,
    Export,
    Exporter,
    Kind,
    Order,
    Purpose,
    file_name,
    media_type,
)
from consent_server.reports.jobs import ask
from consent_server.reports.parquet import is_parquet_there
from consent_server.reports.tables import FORMATS, Format
from consent_server.visits.device import DEVICE_CLASSES

PURPOSES: Final = cast(tuple[Purpose, ...], tuple(filter(None, get_args(Purpose))))
KINDS: Final[tuple[Kind, ...]] = tuple(COLUMNS)
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})?")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_LONG_ROWS: Final = 100_000  # more would keep a browser waiting for minutes


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
        order = _order(choices, request.form)
        if choices.errors:
            return _form(choices), 400
        is_long = exporter.count(order.export, _LONG_ROWS + 1) > _LONG_ROWS
        if is_long or request.form.get("how") == "background":
            reference = ask(exporter, order)
            return redirect(url_for("admin.show_prepared_export", reference=reference))
        blocks = exporter.blocks(exporter.enter(order), share=SERVING)
        response = Response(stream_with_context(blocks), content_type=media_type(order.export))
        name = file_name(order.export)
        response.headers.set("Content-Disposition", "attachment", filename=name)
        return response


def _form(choices: Choices) -> str:
    return render_template(
        "admin/exports.html",
        choices=choices,
        actions=ACTIONS,
        device_classes=DEVICE_CLASSES,
        formats=formats_there(),
        purposes=PURPOSES,
    )


def formats_there() -> tuple[Format, ...]:
    """Returns the formats that can be written here."""
    return tuple(form for form in FORMATS if form != "parquet" or is_parquet_there())


def read_purpose(choices: Choices) -> Purpose:
    """Returns what an export is for; an error of the form if that is not said."""
    purpose = choices.one_of("purpose", PURPOSES)
    if purpose is None:
        choices.errors["purpose"] = _("Say what for; it stands in the access log.")
    return cast(Purpose, purpose or "")


def read_reason(choices: Choices) -> str:
    """Returns why; an error of the form if that is not said."""
    reason = read_line(choices.values.get("reason", ""))[:REASON_CHARACTERS]
    if not reason:
        choices.errors["reason"] = _("Say why; it stands in the access log.")
    return reason


def _order(choices: Choices, form: MultiDict[str, str]) -> Order:
    kind = cast(Kind, choices.one_of("kind", KINDS) or "consents")
    export = Export(
        kind=kind,
        format=cast(Format, choices.one_of("format", formats_there()) or "csv"),
        site_id=choices.site_id,
        since=choices.since,
        until=choices.until,
        action=choices.one_of("action", ACTIONS),
        policy_version=choices.number("version"),
        language=_code(choices, "language", _LANGUAGE),
        device_class=choices.one_of("device_class", DEVICE_CLASSES),
        country=_country(choices),
        is_masked=kind == "visits" and form.get("masking") != "unmasked",
        bom="bom" in form,
    )
    return Order(
        export=export,
        operator=operator_name(),
        reason=read_reason(choices),
        purpose=read_purpose(choices),
    )


def _country(choices: Choices) -> str | None:
    """Returns a country; "" where visits are meant of which none is known."""
    if choices.values.get("country", "").strip() == NO_COUNTRY:
        return ""
    return _code(choices, "country", _COUNTRY)


def _code(choices: Choices, name: str, form: re.Pattern[str]) -> str | None:
    """Returns a code that was typed, None if none; an error of the form if it is not one."""
    text = choices.values.get(name, "").strip()
    if text and not form.fullmatch(text):
        choices.errors[name] = _("Write a code such as ko or KR.")
    return text or None
