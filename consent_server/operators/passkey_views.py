"""Passkeys on the way in: alone, after the password, or made where a second factor is due.

What Flask-Security keeps about somebody who is half signed in (`tf_state`) is believed, as its own
pages do; the rest of its WebAuthn is not used (docs/adr/0045).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_security import current_user
from flask_security.tf_plugin import tf_check_state
from flask_security.utils import login_user

from consent_server.operators.challenges import Challenge, Use, read_challenge
from consent_server.operators.next_page import HOME, next_page
from consent_server.operators.passkey_questions import passkey_question
from consent_server.operators.passkeys import NameRefused, add_passkey, prove
from consent_server.operators.relying_party import PasskeyRefused
from consent_server.operators.sign_in import SIGN_IN_PATH
from consent_server.web.guard import guarded_by

if TYPE_CHECKING:
    from consent_server.operators.models import Operator

_WAITS_FOR_ONE: Final = ["ready"]
_SETS_UP: Final = ["setup_from_login", "validating_profile"]


def blueprint() -> Blueprint:
    """Returns the routes for people who are not signed in yet."""
    routes = Blueprint("passkeys", __name__, url_prefix=f"{SIGN_IN_PATH}/passkey")

    @routes.get("")
    @guarded_by("sign-in")
    def show_sign_in() -> ResponseReturnValue:
        return redirect(HOME) if current_user.is_authenticated else _alone()

    @routes.post("")
    @guarded_by("sign-in")
    def sign_in() -> ResponseReturnValue:
        if current_user.is_authenticated:
            return redirect(HOME)
        try:
            challenge = read_challenge(request.form.get("challenge", ""), "alone")
            operator = prove("alone", challenge, request.form.get("credential", ""))
        except PasskeyRefused:
            return _alone(has_failed=True), 400
        login_user(operator, remember=False, authn_via=["passkey"])
        return redirect(next_page())

    @routes.get("/second")
    @guarded_by("sign-in")
    def show_second() -> ResponseReturnValue:
        user = _half_in(_WAITS_FOR_ONE)
        return _second(user) if user else redirect(SIGN_IN_PATH)

    @routes.post("/second")
    @guarded_by("sign-in")
    def second() -> ResponseReturnValue:
        user = _half_in(_WAITS_FOR_ONE)
        if user is None:
            return redirect(SIGN_IN_PATH)
        try:
            challenge = _challenge("second", user)
            prove("second", challenge, request.form.get("credential", ""), user)
        except PasskeyRefused:
            return _second(user, has_failed=True), 400
        return _let_in(user)

    @routes.get("/new")
    @guarded_by("sign-in")
    def show_first() -> ResponseReturnValue:
        user = _half_in(_SETS_UP)
        return _first(user) if user else redirect(SIGN_IN_PATH)

    @routes.post("/new")
    @guarded_by("sign-in")
    def add_first() -> ResponseReturnValue:
        user = _half_in(_SETS_UP)
        if user is None:
            return redirect(SIGN_IN_PATH)
        name, answer = request.form.get("name", ""), request.form.get("credential", "")
        try:
            add_passkey(user, name, _challenge("enrol", user), answer, is_first=True)
        except NameRefused:
            return _first(user, "name"), 400
        except PasskeyRefused:
            return _first(user, "refused"), 400
        return _let_in(user)

    return routes


def _half_in(states: list[str]) -> Operator | None:
    """Returns who gave the right password and is at one of these steps."""
    if current_user.is_authenticated:
        return None
    user = cast("Operator | None", tf_check_state(states))
    is_late = user is not None and states is _SETS_UP and user.has_second_factor
    return None if is_late else user


def _challenge(use: Use, user: Operator) -> Challenge:
    return read_challenge(request.form.get("challenge", ""), use, user.fs_uniquifier)


def _let_in(user: Operator) -> ResponseReturnValue:
    current_app.extensions["security"].two_factor_plugins.tf_complete(user, True)
    return redirect(next_page())


def _alone(*, has_failed: bool = False) -> str:
    return render_template(
        "operators/passkey.html",
        question=passkey_question("alone"),
        action=url_for("passkeys.sign_in"),
        has_failed=has_failed,
    )


def _second(user: Operator, *, has_failed: bool = False) -> str:
    return render_template(
        "operators/passkey.html",
        question=passkey_question("second", user),
        action=url_for("passkeys.second"),
        has_failed=has_failed,
        has_app=user.has_app,
        is_second=True,
    )


def _first(user: Operator, error: str = "") -> str:
    return render_template(
        "operators/passkey_new.html",
        question=passkey_question("enrol", user),
        action=url_for("passkeys.add_first"),
        back=url_for("security.two_factor_setup"),
        error=error,
    )
