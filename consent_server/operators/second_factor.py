"""The second factor: an authenticator app (TOTP, RFC 6238) or a passkey, asked at every sign-in.

Flask-Security does the work; here are its settings and what it leaves to us: no code is taken
twice, wrong codes lock the account as wrong passwords do, secrets are encrypted at rest under keys
made from the service's secret, recovery codes are shown only when they are made, and whoever has
passkeys is asked for one (passkey_views).
"""

from __future__ import annotations

import base64
import hmac
from datetime import timedelta
from typing import Any, Final

from flask import Flask, abort, redirect, request, session, url_for
from flask_security import (
    MfRecoveryCodesUtil,
    MfRecoveryForm,
    Totp,
    TwoFactorRescueForm,
    TwoFactorSetupForm,
    TwoFactorVerifyCodeForm,
    UserMixin,
    current_user,
)
from flask_security.signals import tf_code_confirmed, tf_disabled, tf_profile_changed
from flask_security.twofactor import CodeTfPlugin
from passlib.totp import TotpMatch
from wtforms import StringField

from consent_server.audit.services import Act, record_act
from consent_server.config import Settings
from consent_server.operators.alone import alone_with
from consent_server.operators.models import Operator
from consent_server.operators.next_page import next_page
from consent_server.operators.sessions import SESSION_NAME, forget_other_sessions
from consent_server.storage.database import db

FRESH_FOR: Final = timedelta(minutes=15)
_DRIFT_SECONDS: Final = 30  # one step to either side: clocks of phones (RFC 6238 5.2)
_CODES: Final = 10
_ISSUER: Final = "Consent Server"


def options(settings: Settings) -> dict[str, Any]:
    """Returns the settings of Flask-Security for all this."""
    secret = settings.secret_key
    return {
        "SECURITY_TWO_FACTOR": True,
        "SECURITY_TWO_FACTOR_ENABLED_METHODS": ["authenticator"],
        "SECURITY_TWO_FACTOR_IMPLEMENTATIONS": {"code": f"{__name__}.{Ways.__name__}"},
        "SECURITY_TWO_FACTOR_AUTHENTICATOR_VALIDITY": _DRIFT_SECONDS,
        "SECURITY_TWO_FACTOR_ALWAYS_VALIDATE": True,
        "SECURITY_TWO_FACTOR_RESCUE_EMAIL": False,
        "SECURITY_TWO_FACTOR_SETUP_URL": "/admin/second-factor",
        "SECURITY_TWO_FACTOR_TOKEN_VALIDATION_URL": "/admin/sign-in/code",
        "SECURITY_TWO_FACTOR_SELECT_URL": "/admin/sign-in/choose",
        "SECURITY_TWO_FACTOR_RESCUE_URL": "/admin/sign-in/rescue",
        "SECURITY_TWO_FACTOR_SETUP_TEMPLATE": "operators/second_factor.html",
        "SECURITY_TWO_FACTOR_VERIFY_CODE_TEMPLATE": "operators/code.html",
        "SECURITY_TWO_FACTOR_POST_SETUP_VIEW": "/admin/account",
        "SECURITY_TWO_FACTOR_ERROR_VIEW": "/admin/sign-in",
        "SECURITY_TOTP_SECRETS": {"1": _derived(secret, "totp").hex()},
        "SECURITY_TOTP_ISSUER": _ISSUER,
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES": True,
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES_N": _CODES,
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES_KEYS": [
            base64.urlsafe_b64encode(_derived(secret, "recovery"))
        ],
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES_URL": "/admin/recovery-codes",
        "SECURITY_MULTI_FACTOR_RECOVERY_URL": "/admin/sign-in/recovery",
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES_TEMPLATE": "operators/recovery_codes.html",
        "SECURITY_MULTI_FACTOR_RECOVERY_TEMPLATE": "operators/recovery.html",
        "SECURITY_FRESHNESS": FRESH_FOR,
        "SECURITY_FRESHNESS_GRACE_PERIOD": timedelta(0),
        "SECURITY_VERIFY_URL": "/admin/confirm",
        "SECURITY_VERIFY_TEMPLATE": "operators/confirm.html",
        "SECURITY_POST_VERIFY_VIEW": "/admin/",
    }


def init_app(app: Flask) -> None:
    """Writes into the access log what becomes of second factors."""
    tf_code_confirmed.connect(_on_code, app)
    tf_profile_changed.connect(_on_set_up, app)
    tf_disabled.connect(_on_disabled, app)
    app.before_request(_show_codes_only_once)


class Ways(CodeTfPlugin):
    """Leads whoever has passkeys to them, others to the app; each page names the other way."""

    def get_setup_methods(self, user: UserMixin) -> list[tuple[str, str]]:
        """Returns one way if there is any, so that nobody has to choose before a page is shown."""
        assert isinstance(user, Operator)
        return [("authenticator", "")] if user.has_second_factor else []

    def tf_login(self, user: UserMixin, json_payload: dict[str, Any], next_loc: str | None) -> Any:
        """Leads to the page where the second factor is shown."""
        assert isinstance(user, Operator)
        if not user.passkeys:
            return super().tf_login(user, json_payload, next_page())
        session["tf_state"] = "ready"
        return redirect(url_for("passkeys.second", next=next_page()))


class OnceTotp(Totp):
    """Takes each code once, also when two requests bring it at the same time."""

    def get_last_counter(self, user: UserMixin) -> int | None:
        """Returns the time step of the last code taken."""
        assert isinstance(user, Operator)
        return user.tf_last_counter

    def set_last_counter(self, user: UserMixin, tmatch: TotpMatch) -> None:
        """Remembers a code's time step; it is on disk with what the code was for."""
        assert isinstance(user, Operator)
        user.tf_last_counter = tmatch.counter


class SetUpForm(TwoFactorSetupForm):
    """An authenticator app is the only choice: `setup` says `authenticator` or `disable`."""

    setup = StringField()  # type: ignore[assignment]  # the library's radio field is written for an older WTForms

    def validate(self, **kwargs: Any) -> bool:  # type: ignore[override]  # as in the library
        """Whether it may be set up, or turned off: of two who do that at once one comes second."""
        if self.setup.data == "disable":
            alone_with(self.user)
        return not _is_late(self.user) and bool(super().validate(**kwargs))


class RescueField(StringField):
    """Stands in for a radio field to which the library adds choices that no page shows."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[no-untyped-call]
        self.choices: list[Any] = []


class RescueForm(TwoFactorRescueForm):
    """Asks nobody for help by e-mail: there are recovery codes, and other owners."""

    help_setup = RescueField()  # type: ignore[assignment]


class CodeForm(TwoFactorVerifyCodeForm):
    """A code of the app; a locked account has to wait."""

    def validate(self, **kwargs: Any) -> bool:  # type: ignore[override]  # as in the library
        """Whether the code is right, and not used before."""
        operator = alone_with(self.user)
        if not operator.active or operator.is_locked():
            db.session.rollback()
            return False
        if self.is_setup or session.get("tf_state") == "validating_profile":
            operator.tf_last_counter = None  # steps of another secret say nothing
        if self.tf_totp_secret and not _is_late(operator) and super().validate(**kwargs):
            return True
        db.session.rollback()
        return False


class RecoveryForm(MfRecoveryForm):
    """A recovery code in place of the app's; wrong ones count as wrong passwords do."""

    def validate(self, **kwargs: Any) -> bool:  # type: ignore[override]  # as in the library
        """Whether the code is one of those left."""
        operator = alone_with(self.user)
        if not operator.active or operator.is_locked():
            db.session.rollback()
            return False
        self.code.data = (self.code.data or "").strip().lower()
        if super().validate(**kwargs):
            return True
        operator.track_failed_authn("recovery", tfa=True)
        return False


class RecoveryCodes(MfRecoveryCodesUtil):
    """Recovery codes, told to the access log when they are made and used."""

    def create_recovery_codes(self, user: UserMixin) -> list[str]:
        """Makes new codes in place of all old ones and returns them in clear."""
        operator = alone_with(user)
        codes: list[str] = super().create_recovery_codes(operator)
        db.session.commit()
        record_act(Act(operator=operator.email, act="recovery.make"))
        return codes

    def delete_recovery_code(self, user: UserMixin, code: str) -> bool:
        """Uses a code up, on disk at once."""
        operator = alone_with(user)
        is_gone = bool(super().delete_recovery_code(operator, code))
        db.session.commit()
        record_act(Act(operator=operator.email, act="recovery.use"))
        return is_gone


PARTS: Final[dict[str, Any]] = {
    "totp_cls": OnceTotp,
    "two_factor_setup_form": SetUpForm,
    "two_factor_rescue_form": RescueForm,
    "two_factor_verify_code_form": CodeForm,
    "mf_recovery_form": RecoveryForm,
    "mf_recovery_codes_util_cls": RecoveryCodes,
}


def _is_late(user: Any) -> bool:
    """Whether a set-up that began at sign-in comes after another one, of somebody else perhaps."""
    is_at_sign_in = session.get("tf_state") in ("setup_from_login", "validating_profile")
    return is_at_sign_in and not current_user.is_authenticated and bool(user.has_second_factor)


def _on_code(_app: Flask, user: Operator, **_: Any) -> None:
    """A code was right at sign-in: the first one of a new app proves that it is set up."""
    if session.get("tf_state") == "validating_profile":
        _on_set_up(_app, user)


def _on_set_up(_app: Flask, user: Operator, **_: Any) -> None:
    _end_other_sessions(user)
    record_act(Act(operator=user.email, act="second-factor.set"))


def _on_disabled(_app: Flask, user: Any, **_: Any) -> None:
    _end_other_sessions(user)
    record_act(Act(operator=user.email, act="second-factor.off"))


def _end_other_sessions(user: Any) -> None:
    """Leaves only this session open, with what the library changed on disk."""
    forget_other_sessions(user.id, str(session.get(SESSION_NAME, "")))
    db.session.commit()


def _show_codes_only_once() -> None:
    if request.endpoint == "security.mf_recovery_codes" and "show_codes" in request.args:
        abort(404)


def _derived(secret: str, use: str) -> bytes:
    """Returns a key of 256 bits for one use; the secret itself is not given to a library."""
    return hmac.digest(secret.encode(), f"consent-server:operators:{use}".encode(), "sha256")
