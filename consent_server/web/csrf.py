"""Forms of server pages carry a token (Flask-WTF); machine addresses are guarded by Origin.

`/v1` uses no cookies, so there is nothing that a foreign page could ride on.
"""

from __future__ import annotations

from flask import Flask
from flask_wtf import CSRFProtect


def init_app(app: Flask) -> None:
    """Refuses every unsafe request without a token, except on the machine addresses."""
    app.config.update(WTF_CSRF_TIME_LIMIT=None, WTF_CSRF_CHECK_DEFAULT=True)
    app.extensions["csrf"] = CSRFProtect(app)


def exempt(app: Flask, blueprint_name: str) -> None:
    """Lets the addresses of a blueprint be posted to without a token."""
    app.extensions["csrf"].exempt(app.blueprints[blueprint_name])
