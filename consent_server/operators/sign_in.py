"""Sign-in to the console with Flask-Security: argon2id, lockout, server-checked sessions.

One answer for a wrong password, an unknown account and a locked one, so nobody learns which
accounts exist; each attempt stands in the access log, never with an address that was only typed.
Sessions are the only way in: the bearer tokens of the library would outlive the idle time-out.
Nothing here is reachable for visitors: they have no accounts.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from flask import Flask, request, session
from flask_login import user_logged_out  # type: ignore[import-untyped]
from flask_security import LoginForm, Security, SQLAlchemyUserDatastore
from flask_security.signals import user_authenticated

from consent_server.audit.services import Act, record_act
from consent_server.config import Settings
from consent_server.operators.models import Operator, Role
from consent_server.storage.database import db

SIGN_IN_PATH: Final = "/admin/sign-in"
SIGN_OUT_PATH: Final = "/admin/sign-out"
PASSWORD_LENGTH_MIN: Final = 12
UNKNOWN_ACCOUNT: Final = "unknown account"  # what was typed may be a password or a stranger
_IDLE_MINUTES: Final = 30
_HASH_COST: Final = {  # OWASP's equal of RFC 9106; anyone may make us hash, on many threads at once
    "argon2__memory_cost": 19_456,  # KiB
    "argon2__time_cost": 2,
    "argon2__parallelism": 1,
}


def init_app(app: Flask, settings: Settings) -> None:
    """Adds sign-in and sign-out to the application."""
    is_secure = settings.is_production or settings.public_url.startswith("https://")
    app.config.update(
        SESSION_COOKIE_NAME="cs_console",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=is_secure,
        PERMANENT_SESSION_LIFETIME=timedelta(minutes=_IDLE_MINUTES),
        SECURITY_PASSWORD_HASH="argon2",
        SECURITY_PASSWORD_SINGLE_HASH={"argon2"},  # argon2id salts by itself
        SECURITY_PASSWORD_SCHEMES=["argon2"],
        SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS=_HASH_COST,
        SECURITY_PASSWORD_LENGTH_MIN=PASSWORD_LENGTH_MIN,
        SECURITY_LOGIN_URL=SIGN_IN_PATH,
        SECURITY_LOGOUT_URL=SIGN_OUT_PATH,
        SECURITY_FRESHNESS=timedelta(seconds=-1),  # no page that asks for the password again
        SECURITY_LOGOUT_METHODS=["POST"],
        SECURITY_LOGOUT_CSRF=True,
        SECURITY_LOGIN_USER_TEMPLATE="operators/sign_in.html",
        SECURITY_POST_LOGIN_VIEW="/admin/",
        SECURITY_POST_LOGOUT_VIEW=SIGN_IN_PATH,
        SECURITY_RETURN_GENERIC_RESPONSES=True,
        SECURITY_FLASH_MESSAGES=False,
        SECURITY_DEFAULT_REMEMBER_ME=False,
        SECURITY_STATIC_FOLDER=None,
        SECURITY_EMAIL_VALIDATOR_ARGS={"check_deliverability": False},
    )
    store = SQLAlchemyUserDatastore(db, Operator, Role)
    security = Security(app, store, login_form=SignInForm)
    security.want_json(lambda _request: False)
    security.login_manager.request_loader(lambda _request: None)
    app.before_request(_keep_session_short)
    user_authenticated.connect(_on_sign_in, app)
    user_logged_out.connect(_on_sign_out, app)


class SignInForm(LoginForm):
    """The library's form, which also tells the access log and leads only into the console."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not _is_in_console(self.next.data or ""):
            self.next.data = ""

    def validate(self, **kwargs: Any) -> bool:  # type: ignore[override]  # as in the library
        """Whether the operator may come in. A wrong password is told by Operator itself."""
        if super().validate(**kwargs):
            return True
        was_looked_up = self.ifield is not None
        if was_looked_up and self.user is None:
            record_act(Act(operator=UNKNOWN_ACCOUNT, act="sign-in.failed"))
        if self.user is not None and self.user_authenticated:  # but locked or dismissed
            record_act(Act(operator=self.user.email, act="sign-in.failed"))
        return False


def _is_in_console(address: str) -> bool:
    parts = urlsplit(address.replace("\\", "/"))
    return not parts.scheme and not parts.netloc and parts.path.startswith("/admin/")


def _keep_session_short() -> None:
    """Lets a session end after half an hour without a request; visitors never get one."""
    if request.path.startswith("/admin"):
        session.permanent = True


def _on_sign_in(_app: Flask, user: Operator, **_: Any) -> None:
    user.forget_failures()
    record_act(Act(operator=user.email, act="sign-in"))


def _on_sign_out(_app: Flask, user: Operator, **_: Any) -> None:
    """Leaves nothing in the session for whoever uses this browser next."""
    session.clear()
    record_act(Act(operator=user.email, act="sign-out"))
