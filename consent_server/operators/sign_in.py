"""Sign-in to the console with Flask-Security: argon2id, lockout, second factor, own sessions.

One answer for a wrong password, an unknown account and a locked one, so nobody learns which
accounts exist; each attempt stands in the access log, never with an address that was only typed.
Sessions are the only way in: the bearer tokens of the library would outlive the idle time-out.
Nothing here is reachable for visitors: they have no accounts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from flask import Flask, abort, g, request, session
from flask_login import user_logged_out  # type: ignore[import-untyped]
from flask_security import LoginForm, RoleMixin, Security, SQLAlchemyUserDatastore
from flask_security.signals import password_changed, user_authenticated
from flask_security.utils import set_request_attr

from consent_server import clock
from consent_server.audit.services import Act, record_act, source_of_request
from consent_server.config import Settings
from consent_server.operators import passkey_questions, second_factor
from consent_server.operators.confirming import ChangeForm, ConfirmForm
from consent_server.operators.models import Operator
from consent_server.operators.next_page import drop_other_next_pages
from consent_server.operators.passkeys import UNKNOWN_ACCOUNT
from consent_server.operators.passwords import PASSWORD_LENGTH_MIN, PasswordRules
from consent_server.operators.policy import put_in_force
from consent_server.operators.sessions import (
    IDLE,
    SESSION_NAME,
    end_named,
    open_session,
    operator_in,
)
from consent_server.operators.throttle import limit_sign_in
from consent_server.storage.database import db
from consent_server.web.limiter import RateLimiter

SIGN_IN_PATH: Final = "/admin/sign-in"
SIGN_OUT_PATH: Final = "/admin/sign-out"
_KEPT: Final = ("_user_id", "_fresh", "_id", "_permanent", "fs_cc", "fs_paa", SESSION_NAME)
_CLOSED: Final = (
    "security.two_factor_rescue",  # asks for help by e-mail; owners help
    "security.tf_select",  # each page of a second factor names the other one
)
_HASH_COST: Final = {  # OWASP's equal of RFC 9106; anyone may make us hash, on many threads at once
    "argon2__memory_cost": 19_456,  # KiB
    "argon2__time_cost": 2,
    "argon2__parallelism": 1,
}

DescribeDevice = Callable[[str], str]


def init_app(
    app: Flask, settings: Settings, limiter: RateLimiter, describe_device: DescribeDevice
) -> None:
    """Adds sign-in, sign-out, second factor and password pages to the application.

    describe_device: puts a User-Agent header into words, for the list of sessions.
    """
    put_in_force(app.extensions, settings)
    is_secure = settings.is_production or settings.public_url.startswith("https://")
    app.config.update(
        SESSION_COOKIE_NAME="cs_console",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=is_secure,
        PERMANENT_SESSION_LIFETIME=IDLE,
        SECURITY_PASSWORD_HASH="argon2",
        SECURITY_PASSWORD_SINGLE_HASH={"argon2"},  # argon2id salts by itself
        SECURITY_PASSWORD_SCHEMES=["argon2"],
        SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS=_HASH_COST,
        SECURITY_PASSWORD_LENGTH_MIN=PASSWORD_LENGTH_MIN,
        SECURITY_LOGIN_URL=SIGN_IN_PATH,
        SECURITY_LOGOUT_URL=SIGN_OUT_PATH,
        SECURITY_LOGOUT_METHODS=["POST"],
        SECURITY_LOGOUT_CSRF=True,
        SECURITY_LOGIN_USER_TEMPLATE="operators/sign_in.html",
        SECURITY_POST_LOGIN_VIEW="/admin/",
        SECURITY_POST_LOGOUT_VIEW=SIGN_IN_PATH,
        SECURITY_CHANGEABLE=True,
        SECURITY_CHANGE_URL="/admin/password",
        SECURITY_POST_CHANGE_VIEW="/admin/account",
        SECURITY_CHANGE_PASSWORD_TEMPLATE="operators/password.html",
        SECURITY_SEND_PASSWORD_CHANGE_EMAIL=False,
        SECURITY_RETURN_GENERIC_RESPONSES=True,
        SECURITY_FLASH_MESSAGES=False,
        SECURITY_DEFAULT_REMEMBER_ME=False,
        SECURITY_STATIC_FOLDER=None,
        SECURITY_EMAIL_VALIDATOR_ARGS={"check_deliverability": False},
        **second_factor.options(settings),
    )
    store = SQLAlchemyUserDatastore(db, Operator, RoleMixin)
    security = Security(
        app,
        store,
        login_form=SignInForm,
        verify_form=ConfirmForm,
        change_password_form=ChangeForm,
        password_util_cls=PasswordRules,
        **second_factor.PARTS,
    )
    security.want_json(lambda _request: False)
    security.login_manager.user_loader(_operator_of_request)
    security.login_manager.request_loader(lambda _request: None)
    app.before_request(_close_what_is_not_ours)
    app.before_request(_keep_session_short)
    app.before_request(drop_other_next_pages)
    limit_sign_in(app, settings, limiter)
    second_factor.init_app(app)
    passkey_questions.init_app(app)
    _listen(app, describe_device)


def _listen(app: Flask, describe_device: DescribeDevice) -> None:
    def on_sign_in(_app: Flask, user: Operator, authn_via: list[str] | None, **_: Any) -> None:
        _begin(user, describe_device(request.headers.get("User-Agent", "")))
        if authn_via != ["change"]:
            user.forget_failures()
            record_act(Act(operator=user.email, act="sign-in"))

    user_authenticated.connect(on_sign_in, app, weak=False)
    user_logged_out.connect(_on_sign_out, app)
    password_changed.connect(_on_new_password, app)


class SignInForm(LoginForm):
    """The library's form, which also tells the access log."""

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


def _operator_of_request(uniquifier: str) -> Operator | None:
    """Returns who is signed in: the cookie must name a session that is open."""
    operator = operator_in(uniquifier, str(session.get(SESSION_NAME, "")))
    if operator is not None:
        set_request_attr("fs_authn_via", "session")
        set_request_attr("fs_paa", session.get("fs_paa", 0))
    return operator


def _close_what_is_not_ours() -> None:
    """Answers with 404 where the library has a page that the console does not."""
    if request.endpoint in _CLOSED:
        abort(404)


def _keep_session_short() -> None:
    """Lets a session end after half an hour without a request; visitors never get one."""
    if request.path.startswith("/admin"):
        session.permanent = True


def _begin(operator: Operator, device: str) -> None:
    """Begins a session under a new name; nothing of what was in the cookie before is kept.

    Whoever planted a cookie in this browser knows neither the name nor the token of the forms.
    """
    if db.session.dirty or db.session.new:
        db.session.commit()  # a new second factor, a code used up: left to us by the library
    for name in [name for name in session if name not in _KEPT]:
        session.pop(name)
    g.pop("csrf_token", None)
    session[SESSION_NAME] = open_session(operator.id, source_of_request(), device)


def _on_new_password(_app: Flask, user: Operator, **_: Any) -> None:
    """Leaves only this session open, and lets the age of the password begin anew."""
    user.password_changed_at = clock.now()
    db.session.commit()
    record_act(Act(operator=user.email, act="password.change"))


def _on_sign_out(_app: Flask, user: Operator, **_: Any) -> None:
    """Leaves nothing in the session for whoever uses this browser next."""
    if name := session.get(SESSION_NAME):
        end_named(str(name))
    session.clear()
    record_act(Act(operator=user.email, act="sign-out"))
