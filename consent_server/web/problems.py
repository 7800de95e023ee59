"""Refusals in the words of RFC 9457: `application/problem+json`, one shape for every cause."""

from __future__ import annotations

import msgspec
from flask import Flask, Request, Response, request
from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from consent_server.errors import BodyTooLarge, Problem, TooManyRequests, Unavailable
from consent_server.web.cors import allow_reading

MEDIA_TYPE = "application/problem+json"
_TYPE_BASE = "/problems/"
_MACHINE_PATHS = ("/v1/", "/embed/", "/healthz", "/readyz")
_MEDIA_TYPES = ("text/html", MEDIA_TYPE, "application/json")  # of equals the first


def init_app(app: Flask) -> None:
    """Turns every raised Problem, and every HTTP error of the machine addresses, into RFC 9457."""
    app.register_error_handler(Problem, problem_response)
    app.register_error_handler(HTTPException, _http_response)
    for outage in (OperationalError, InternalError, InterfaceError, PoolTimeout):
        app.register_error_handler(outage, _outage_response)


def problem_response(problem: Problem) -> Response:
    """Returns the answer to a refused request."""
    response = _response(
        problem.status,
        {
            "type": _TYPE_BASE + problem.code,
            "title": problem.title,
            "status": problem.status,
            "detail": problem.detail,
            **({"field": problem.field} if problem.field else {}),
            **({"limit": problem.limit} if problem.limit is not None else {}),
        },
    )
    if isinstance(problem, Unavailable | TooManyRequests):
        response.headers["Retry-After"] = str(problem.retry_after_seconds)
    if isinstance(problem, TooManyRequests):
        response.headers.update(_rate_headers(problem))
    return response


def _rate_headers(refused: TooManyRequests) -> dict[str, str]:
    """Says which limit it was and what is left (draft-ietf-httpapi-ratelimit-headers-10)."""
    return {
        "RateLimit-Policy": f'"{refused.rule}";q={refused.limit};w={refused.span_seconds}',
        "RateLimit": f'"{refused.rule}";r=0;t={refused.retry_after_seconds}',
    }


def _http_response(error: HTTPException) -> Response | HTTPException:
    return http_problem(error) if is_for_program(request) else error


def http_problem(error: HTTPException) -> Response:
    """Returns the answer to an HTTP error on a machine address."""
    status = error.code or 500
    if status == 413:
        return problem_response(BodyTooLarge("The body is larger than this service accepts."))
    response = _response(
        status,
        {
            "type": "about:blank",
            "title": error.name,
            "status": status,
            "detail": error.description or error.name,
        },
    )
    for name, value in error.get_headers():
        if name.lower() in ("allow", "retry-after"):
            response.headers[name] = value
    return response


def _outage_response(error: DBAPIError) -> Response:
    return problem_response(Unavailable("The database is away at the moment; nothing was stored."))


def is_for_program(request: Request) -> bool:
    """Whether a program, not a person, reads the answer: by its path, or by what it accepts."""
    if request.path.startswith(_MACHINE_PATHS):
        return True
    return request.accept_mimetypes.best_match(_MEDIA_TYPES, "text/html") != "text/html"


def _response(status: int, body: dict[str, object]) -> Response:
    response = Response(msgspec.json.encode(body), status, mimetype=MEDIA_TYPE)
    response.headers["Cache-Control"] = "no-store"
    return allow_reading(response)
