"""`GET /schemas/site.json`: what the file of a site may say, for editors and reviewers."""

from __future__ import annotations

from functools import cache
from typing import Final

import msgspec
from flask import Blueprint, Response

from consent_server.setups.schemas import json_schema
from consent_server.web.guard import guarded_by

_ONE_HOUR: Final = "public, max-age=3600"


def blueprint() -> Blueprint:
    """Returns the routes of this room."""
    routes = Blueprint("setups", __name__, url_prefix="/schemas")

    @routes.get("/site.json")
    @guarded_by("public")
    def site_schema() -> Response:
        response = Response(_body(), mimetype="application/schema+json")
        response.headers["Cache-Control"] = _ONE_HOUR
        return response

    return routes


@cache
def _body() -> bytes:
    """Described when first asked for: few ever ask, and every start would pay."""
    return msgspec.json.format(msgspec.json.encode(json_schema()))
