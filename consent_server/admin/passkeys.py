"""The operator's own passkeys: added, removed by name, and shown in place of the password."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_security import current_user

from consent_server.admin.choices import read_line
from consent_server.admin.confirming import FIELD
from consent_server.admin.guard import own_fresh_page, own_page
from consent_server.operators.challenges import read_challenge
from consent_server.operators.next_page import next_page
from consent_server.operators.passkey_questions import passkey_question
from consent_server.operators.passkeys import (
    LastFactor,
    NameRefused,
    TooMany,
    add_passkey,
    passkeys_of,
    prove,
    remove_passkey,
)
from consent_server.operators.relying_party import PasskeyRefused
from consent_server.operators.sessions import SESSION_NAME
from consent_server.operators.stepping_up import step_up


def add_pages(routes: Blueprint) -> None:
    """Adds the pages."""

    @routes.get("/account/passkeys/new")
    @own_fresh_page
    def new_passkey() -> str:
        return _form()

    @routes.post("/account/passkeys/new")
    @own_fresh_page
    def add_own_passkey() -> ResponseReturnValue:
        name, answer = request.form.get("name", ""), request.form.get("credential", "")
        try:
            challenge = read_challenge(_token(), "enrol", current_user.fs_uniquifier)
            add_passkey(current_user, name, challenge, answer, session=_session())
        except NameRefused:
            return _form("name"), 400
        except TooMany:
            return _form("many"), 400
        except PasskeyRefused:
            return _form("refused"), 400
        return redirect(url_for("admin.own_account"))

    @routes.get("/account/passkeys/<int:passkey_id>")
    @own_fresh_page
    def show_passkey(passkey_id: int) -> str:
        return _page(passkey_id)

    @routes.post("/account/passkeys/<int:passkey_id>")
    @own_fresh_page
    def remove_own_passkey(passkey_id: int) -> ResponseReturnValue:
        typed = read_line(request.form.get(FIELD, ""))
        try:
            remove_passkey(current_user, passkey_id, typed, _session())
        except NameRefused:
            return _page(passkey_id, "name"), 400
        except LastFactor:
            return _page(passkey_id, "last"), 400
        except PasskeyRefused:
            abort(404)
        return redirect(url_for("admin.own_account"))

    @routes.post("/confirm/passkey")
    @own_page
    def confirm_by_passkey() -> ResponseReturnValue:
        try:
            challenge = read_challenge(_token(), "confirm", current_user.fs_uniquifier)
            prove("confirm", challenge, request.form.get("credential", ""), current_user)
        except PasskeyRefused:
            return render_template("operators/confirm.html", has_passkey_failed=True), 400
        step_up()
        return redirect(next_page())


def _form(error: str = "") -> str:
    return render_template(
        "operators/passkey_new.html",
        question=passkey_question("enrol", current_user),
        action=url_for("admin.add_own_passkey"),
        back=url_for("admin.own_account"),
        error=error,
    )


def _page(passkey_id: int, error: str = "") -> str:
    passkey = next((each for each in passkeys_of(current_user.id) if each.id == passkey_id), None)
    if passkey is None:
        abort(404)
    return render_template("admin/passkey.html", passkey=passkey, error=error)


def _token() -> str:
    return request.form.get("challenge", "")


def _session() -> str:
    return str(session.get(SESSION_NAME, ""))
