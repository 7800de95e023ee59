"""Sessions exist in the console only: no visitor ever gets a session cookie.

Libraries touch the session on every request; outside the console it is empty and forgotten, so
public answers carry no cookie and no `Vary: Cookie` and can be cached by anyone.
"""

from __future__ import annotations

from typing import Final

from flask import Flask, Request, Response, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin

CONSOLE: Final = "/admin"


class ConsoleSessions(SecureCookieSessionInterface):
    """Signed cookies under /admin, nothing elsewhere."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if not request.path.startswith(CONSOLE):
            return self.session_class()
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if request.path.startswith(CONSOLE):
            super().save_session(app, session, response)

    def get_cookie_path(self, app: Flask) -> str:
        return CONSOLE


def init_app(app: Flask) -> None:
    """Replaces the sessions of an application."""
    app.session_interface = ConsoleSessions()
