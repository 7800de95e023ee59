"""`POST /v1/visits`: one page view, sent with sendBeacon."""

from __future__ import annotations

from flask import Blueprint, Response, request

from consent_server.config import Settings
from consent_server.sites.directory import SiteDirectory
from consent_server.visits.hints import with_headers
from consent_server.visits.schemas import decoder
from consent_server.visits.services import VisitRecorder
from consent_server.web.client_address import client_address
from consent_server.web.cors import allow_reading, preflight
from consent_server.web.decoding import decode
from consent_server.web.guard import guarded_by
from consent_server.web.limits import read_body


def blueprint(settings: Settings, sites: SiteDirectory, recorder: VisitRecorder) -> Blueprint:
    """Returns the routes of this room."""
    routes = Blueprint("visits", __name__, url_prefix="/v1/visits")

    @routes.post("", provide_automatic_options=False)
    @guarded_by("origin")
    def record_visit() -> Response:
        report = decode(read_body(request, settings.body_limit_bytes), decoder)
        site = sites.site_for(report.site, request.headers.get("Origin"))
        if site.logs_visits:
            recorder.record(
                site,
                with_headers(
                    report,
                    request.headers.get("Sec-CH-UA-Mobile", ""),
                    request.headers.get("Sec-CH-UA-Platform", ""),
                ),
                client_address(request, settings.trusted_proxies),
                request.headers.get("User-Agent", ""),
            )
        return allow_reading(Response(status=204))

    @routes.route("", methods=["OPTIONS"])
    @guarded_by("public")
    def allow_visit() -> Response:
        return preflight()

    return routes
