"""Errors on people's pages, in their language; machines get RFC 9457 (web.problems).

A page names what happened and the way on, and never shows what the program knows about itself.
"""

from __future__ import annotations

from flask import Flask, Response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from consent_server.errors import Problem, Unavailable
from consent_server.web.problems import http_problem, is_for_program, problem_response

_KEPT_HEADERS = ("allow", "retry-after", "ratelimit", "ratelimit-policy")


def init_app(app: Flask) -> None:
    """Shows a page wherever a person would run into an error."""
    app.register_error_handler(HTTPException, _show_http_error)
    app.register_error_handler(Problem, _show_problem)
    for outage in (OperationalError, InternalError, InterfaceError, PoolTimeout):
        app.register_error_handler(outage, _show_outage)


def _show_http_error(error: HTTPException) -> ResponseReturnValue:
    if is_for_program(request):
        return http_problem(error)
    return _page(error.code or 500, Response(headers=error.get_headers()))


def _show_problem(problem: Problem) -> ResponseReturnValue:
    answer = problem_response(problem)
    return answer if is_for_program(request) else _page(problem.status, answer)


def _show_outage(_error: DBAPIError) -> ResponseReturnValue:
    away = "The database is away at the moment; nothing was stored."
    return _show_problem(Unavailable(away))


def _page(status: int, answer: Response) -> Response:
    page = Response(render_template("admin/error.html", status=status), status)
    page.headers["Cache-Control"] = "no-store"
    for name in _KEPT_HEADERS:
        if name in answer.headers:
            page.headers[name] = answer.headers[name]
    return page
