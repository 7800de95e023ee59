"""`/.well-known/gpc.json`: says that the privacy signal of browsers is followed.

The file of the specification (https://w3c.github.io/gpc/, "GPC support resource"). It speaks for
this service's own addresses; a site that follows the signal lets its own address redirect here,
which the specification allows.
"""

from __future__ import annotations

from typing import Final

import msgspec
from flask import Blueprint, Response, request

from consent_server.config import Settings
from consent_server.web.conditional import Document
from consent_server.web.guard import guarded_by

LAST_UPDATE: Final = "2026-11-30"  # when what the service does about the signal last changed
_ONE_DAY: Final = "public, max-age=86400"


def blueprint(settings: Settings) -> Blueprint:
    """Returns the route of the statement."""
    routes = Blueprint("gpc", __name__)
    statement = {"gpc": settings.gpc_statement, "lastUpdate": LAST_UPDATE}
    document = Document.of(msgspec.json.encode(statement), "application/json")

    @routes.get("/.well-known/gpc.json")
    @guarded_by("public")
    def gpc_statement() -> Response:
        response = document.respond(request, _ONE_DAY)
        response.headers["Access-Control-Allow-Origin"] = "*"
        return response

    return routes
