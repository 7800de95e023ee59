"""Sign-in to the console with Flask-Security: argon2id, lockout, server-checked sessions.

One answer for a wrong password, an unknown account and a locked one, so nobody learns which
accounts exist. Nothing here is reachable for visitors: they have no accounts.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from flask import Flask, request, session
from flask_security import Security, SQLAlchemyUserDatastore
from flask_security.signals import user_authenticated, user_unauthenticated

from consent_server.audit.services import Act, record_act
from consent_server.config import Settings
from consent_server.operators.models import Operator, Role
from consent_server.storage.database import db

SIGN_IN_PATH: Final = "/admin/sign-in"
SIGN_OUT_PATH: Final = "/admin/sign-out"
PASSWORD_LENGTH_MIN: Final = 12
_IDLE_MINUTES: Final = 30


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
        SECURITY_PASSWORD_LENGTH_MIN=PASSWORD_LENGTH_MIN,
        SECURITY_LOGIN_URL=SIGN_IN_PATH,
        SECURITY_LOGOUT_URL=SIGN_OUT_PATH,
        SECURITY_VERIFY_URL="/admin/verify",
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
    app.extensions["operators"] = Security(app, store)
    app.before_request(_keep_session_short)
    user_authenticated.connect(_on_sign_in, app)
    user_unauthenticated.connect(_on_sign_out, app)


def _keep_session_short() -> None:
    """Lets a session end after half an hour without a request; visitors never get one."""
    if request.path.startswith("/admin"):
        session.permanent = True


def _on_sign_in(_app: Flask, user: Operator, **_: Any) -> None:
    user.failed_sign_ins = 0
    user.locked_until = None
    db.session.commit()
    record_act(Act(operator=user.email, act="sign-in"))


def _on_sign_out(_app: Flask, user: Operator, **_: Any) -> None:
    record_act(Act(operator=user.email, act="sign-out"))
