"""`POST /v1/visits`: one page view, sent with sendBeacon."""

from __future__ import annotations

from flask import Blueprint, Response, request

from consent_server.visits.intake import VisitIntake
from consent_server.web.cors import preflight
from consent_server.web.guard import guarded_by


def blueprint(intake: VisitIntake) -> Blueprint:
    """Returns the routes of this room."""
    routes = Blueprint("visits", __name__, url_prefix="/v1/visits")

    @routes.post("", provide_automatic_options=False)
    @guarded_by("origin")
    def record_visit() -> Response:
        return intake(request.environ).as_response()

    @routes.route("", methods=["OPTIONS"])
    @guarded_by("public")
    def allow_visit() -> Response:
        return preflight()

    return routes
