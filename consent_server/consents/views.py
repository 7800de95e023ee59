"""`POST /v1/consents` and `GET /v1/consents/current`: the banner's way in; receipts verified."""

from __future__ import annotations

from typing import Any

import msgspec
from flask import Blueprint, Response, request

from consent_server.consents.intake import ConsentIntake
from consent_server.consents.receipts import is_genuine, rfc3339
from consent_server.errors import TokenRefused
from consent_server.policies.material import Asked
from consent_server.web.client_address import client_address
from consent_server.web.cors import allow_reading, preflight
from consent_server.web.decoding import decode
from consent_server.web.guard import guarded_by
from consent_server.web.limits import read_body

_documents = msgspec.json.Decoder(dict[str, Any])


def blueprint(intake: ConsentIntake) -> Blueprint:
    """Returns the routes of this room."""
    sites, recorder = intake.sites, intake.recorder
    settings, limiter = intake.settings, intake.limiter
    routes = Blueprint("consents", __name__, url_prefix="/v1")

    @routes.post("/consents", provide_automatic_options=False)
    @guarded_by("origin")
    def record_consent() -> Response:
        return intake(request.environ).as_response()

    @routes.route("/consents", methods=["OPTIONS"])
    @routes.route("/consents/current", methods=["OPTIONS"])
    @routes.route("/receipts/verification", methods=["OPTIONS"])
    @guarded_by("public")
    def allow_consent() -> Response:
        return preflight()

    @routes.post("/receipts/verification", provide_automatic_options=False)
    @guarded_by("public")
    def verify_receipt() -> Response:
        limiter.check("address", client_address(request.environ, settings.trusted_proxies))
        document = decode(read_body(request.environ, settings.body_limit_bytes), _documents)
        return _json({"is_genuine": is_genuine(document, recorder.signatures)})

    @routes.get("/consents/current", provide_automatic_options=False)
    @guarded_by("visitor token")
    def current_consent() -> Response:
        limiter.check("pages", client_address(request.environ, settings.trusted_proxies))
        site = sites.site(request.args.get("site", ""))
        record = recorder.current(site, _bearer_token())
        facts = {
            name: record[name]
            for name in ("action", "policy_version", "language", "decisions", "services", "gpc")
        }
        asked = recorder.asked_again(site, record)
        facts["in_force"] = asked is not None and not asked
        facts["ask_again"] = None if asked is None else _keys(asked)
        times = {name: rfc3339(record[name]) for name in ("recorded_at", "valid_until")}
        return _json({"consent_id": str(record["consent_id"]), **facts, **times})

    return routes


def _keys(asked: Asked) -> dict[str, list[str]]:
    return {"purposes": sorted(asked.purposes), "services": sorted(asked.services)}


def _bearer_token() -> str:
    """Returns the visitor token of the request (RFC 6750), never from the address line."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise TokenRefused("Send the visitor token as `Authorization: Bearer ...`.")
    return token.strip()


def _json(body: dict[str, Any]) -> Response:
    response = Response(msgspec.json.encode(body), mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return allow_reading(response)
