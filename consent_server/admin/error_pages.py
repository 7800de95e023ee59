"""Errors on people's pages, in their language; machines get RFC 9457 (web.problems)."""

from __future__ import annotations

from flask import Flask, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import Forbidden, HTTPException, InternalServerError, NotFound

from consent_server.web.problems import http_problem, is_machine_path


def init_app(app: Flask) -> None:
    """Shows a page for what people run into."""
    for error in (Forbidden, NotFound, InternalServerError, CSRFError):
        app.register_error_handler(error, _show)


def _show(error: HTTPException) -> ResponseReturnValue:
    if is_machine_path(request.path):
        return http_problem(error)
    status = error.code or 500
    return render_template("admin/error.html", status=status), status
