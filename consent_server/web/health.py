"""`/healthz`: the process answers. `/readyz`: it can also keep a record, and says why not.

`/readyz` is 503 only where a record cannot be kept here; what merely needs an operator is said in
the body with 200 (web.checks).
"""

from __future__ import annotations

import msgspec
from flask import Blueprint, Response

from consent_server.errors import Unavailable
from consent_server.web.checks import Checks, Report
from consent_server.web.guard import guarded_by
from consent_server.web.problems import problem_response


def blueprint(checks: Checks) -> Blueprint:
    """Returns the routes for machines that watch the service."""
    routes = Blueprint("health", __name__)

    @routes.get("/healthz")
    @guarded_by("public")
    def is_alive() -> Response:
        return Response("ok\n", mimetype="text/plain", headers={"Cache-Control": "no-store"})

    @routes.get("/readyz")
    @guarded_by("public")
    def is_ready() -> Response:
        report = checks.report()
        found = {
            name: {"status": check.status} | ({"detail": check.detail} if check.detail else {})
            for name, check in report.checks.items()
        }
        if report.status == "failed":
            return problem_response(Unavailable(_why(report)), checks=found)
        body = msgspec.json.encode({"status": report.status, "checks": found})
        headers = {"Cache-Control": "no-store"}
        return Response(body, mimetype="application/json", headers=headers)

    return routes


def _why(report: Report) -> str:
    failed = [f"{name}: {c.detail}" for name, c in report.checks.items() if c.status == "failed"]
    return " ".join(failed)
