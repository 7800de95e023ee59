"""Refusals in the words of RFC 9457: `application/problem+json`, one shape for every cause."""

from __future__ import annotations

import logging

import msgspec
from flask import Flask, Request, Response, request
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException

from consent_server.errors import BodyTooLarge, ConfigError, Problem, TooManyRequests, Unavailable
from consent_server.storage.revision import OUTAGES
from consent_server.watching.logs import request_in_hand
from consent_server.web.answers import Answer
from consent_server.web.cors import reading_headers

_log = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"
_TYPE_BASE = "/problems/"
_MACHINE_PATHS = (
    "/v1/",
    "/embed/",
    "/healthz",
    "/readyz",
    "/metrics",
    "/openapi.json",
    "/.well-known/",
    "/schemas/",
)
_MEDIA_TYPES = ("text/html", MEDIA_TYPE, "application/json")  # of equals the first


def init_app(app: Flask) -> None:
    """Turns every raised Problem, and every HTTP error of the machine addresses, into RFC 9457."""
    app.register_error_handler(Problem, problem_response)
    app.register_error_handler(HTTPException, _http_response)
    app.register_error_handler(ConfigError, _ring_response)
    for outage in OUTAGES:
        app.register_error_handler(outage, _outage_response)


def problem_answer(problem: Problem, origin: str | None, **more: object) -> Answer:
    """Returns the answer to a refused request; pages of `origin` may read it.

    more: members of its own (RFC 9457 §3.2).
    """
    body = {
        "type": _TYPE_BASE + problem.code,
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        **({"field": problem.field} if problem.field else {}),
        **({"limit": problem.limit} if problem.limit is not None else {}),
        **more,
    }
    answer = _answer(problem.status, body, origin)
    if isinstance(problem, Unavailable | TooManyRequests):
        answer.headers.append(("Retry-After", str(problem.retry_after_seconds)))
    if isinstance(problem, TooManyRequests):
        answer.headers.extend(_rate_headers(problem))
    return answer


def outage_answer(origin: str | None) -> Answer:
    """Returns the answer while the database is away."""
    away = Unavailable("The database is away at the moment; nothing was stored.")
    return problem_answer(away, origin)


def error_answer(error: HTTPException, origin: str | None) -> Answer:
    """Returns the answer to an HTTP error on a machine address."""
    status = error.code or 500
    if status == 413:
        return problem_answer(BodyTooLarge("The body is larger than this service accepts."), origin)
    detail = error.description or error.name
    body = {"type": "about:blank", "title": error.name, "status": status, "detail": detail}
    answer = _answer(status, body, origin)
    answer.headers.extend(
        (name, value)
        for name, value in error.get_headers()
        if name.lower() in ("allow", "retry-after", "www-authenticate")
    )
    return answer


def problem_response(problem: Problem, **more: object) -> Response:
    """Returns the same answer for Flask."""
    return problem_answer(problem, request.headers.get("Origin"), **more).as_response()


def _rate_headers(refused: TooManyRequests) -> list[tuple[str, str]]:
    """Says which limit it was and what is left (draft-ietf-httpapi-ratelimit-headers-10)."""
    return [
        ("RateLimit-Policy", f'"{refused.rule}";q={refused.limit};w={refused.span_seconds}'),
        ("RateLimit", f'"{refused.rule}";r=0;t={refused.retry_after_seconds}'),
    ]


def _http_response(error: HTTPException) -> Response | HTTPException:
    return http_problem(error) if is_for_program(request) else error


def http_problem(error: HTTPException) -> Response:
    """Returns the answer to an HTTP error on a machine address, for Flask."""
    return error_answer(error, request.headers.get("Origin")).as_response()


def _ring_response(error: ConfigError) -> Response:
    """What is raised while requests are answered is about the key ring; its line is for us only."""
    _log.error("%s", error)
    return problem_response(Unavailable("The key ring is away at the moment."))


def _outage_response(_error: DBAPIError) -> Response:
    return outage_answer(request.headers.get("Origin")).as_response()


def is_for_program(request: Request) -> bool:
    """Whether a program, not a person, reads the answer: by its path, or by what it asks for."""
    if request.path.startswith(_MACHINE_PATHS) or request.args.get("format") == "json":
        return True
    if request.headers.get("Authorization", "").lower().startswith("bearer "):
        return True  # browsers send none by themselves
    return request.accept_mimetypes.best_match(_MEDIA_TYPES, "text/html") != "text/html"


def _answer(status: int, body: dict[str, object], origin: str | None) -> Answer:
    headers = [("Content-Type", MEDIA_TYPE), ("Cache-Control", "no-store")]
    if request_id := request_in_hand.get():
        body["request_id"] = request_id
    return Answer(status, headers + reading_headers(origin), msgspec.json.encode(body))
