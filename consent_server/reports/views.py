"""`GET /v1/export/consents`: consent records for a machine that holds a token.

The same stream as the console's, for one site; the token's name stands in the access log before
the first byte. Consent records hold neither address nor device; visits are not handed out here.
"""

from __future__ import annotations

from typing import Final, Literal, cast

from flask import Blueprint, Response, request, stream_with_context

from consent_server.errors import InvalidBody, TokenMissing
from consent_server.operators.tokens import machine_of
from consent_server.pace import SERVING
from consent_server.reports.exports import Export, Exporter, file_name, media_type
from consent_server.sites.directory import SiteDirectory
from consent_server.web.guard import guarded_by

_FORMATS: Final = ("csv", "ndjson")
_REASON_CHARACTERS: Final = 500


def blueprint(sites: SiteDirectory, exporter: Exporter) -> Blueprint:
    """Returns the route for machines."""
    routes = Blueprint("reports", __name__)

    @routes.get("/v1/export/consents")
    @guarded_by("token")
    def export_consents() -> Response:
        machine = machine_of(request.headers.get("Authorization", ""), "consents.export")
        site = sites.site(request.args.get("site", ""))
        if machine.site_id not in (None, site.id):
            raise TokenMissing("This token is for another site.")
        wanted = Export(kind="consents", format=_format(), site_id=site.id)
        reason = request.args.get("reason", "").strip()[:_REASON_CHARACTERS]
        if not reason or not reason.isprintable():
            raise InvalidBody("Say why, as `reason`; it stands in the access log.", field="reason")
        blocks = exporter.stream(wanted, operator=machine.name, reason=reason, share=SERVING)
        response = Response(stream_with_context(blocks), content_type=media_type(wanted))
        response.headers.set("Content-Disposition", "attachment", filename=file_name(wanted))
        response.headers["Cache-Control"] = "no-store"
        return response

    return routes


def _format() -> Literal["csv", "ndjson"]:
    asked = request.args.get("format", "ndjson")
    if asked not in _FORMATS:
        raise InvalidBody("The format is csv or ndjson.", field="format")
    return cast(Literal["csv", "ndjson"], asked)
