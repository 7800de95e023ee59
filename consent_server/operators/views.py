"""The page behind an invitation: whoever holds the link chooses a password, once."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from consent_server.errors import CommandError
from consent_server.operators.invitations import InvitationVoid, accept, invited_by_link
from consent_server.operators.sign_in import SIGN_IN_PATH
from consent_server.web.guard import guarded_by

PATH: Final = "/admin/invitations"


def blueprint() -> Blueprint:
    """Returns the routes for people who are invited."""
    routes = Blueprint("invitations", __name__, url_prefix=PATH)

    @routes.get("/<token>")
    @guarded_by("invitation")
    def show(token: str) -> ResponseReturnValue:
        try:
            return _page(invited_by_link(token).email)
        except InvitationVoid:
            return render_template("operators/void.html"), 404

    @routes.post("/<token>")
    @guarded_by("invitation")
    def accept_invitation(token: str) -> ResponseReturnValue:
        password = request.form.get("password", "")
        try:
            email = invited_by_link(token).email
            if password != request.form.get("again", ""):
                return _page(email, "differ"), 400
            accept(token, password)
        except InvitationVoid:
            return render_template("operators/void.html"), 404
        except CommandError:
            return _page(email, "weak"), 400
        return redirect(SIGN_IN_PATH)

    return routes


def _page(email: str, error: str = "") -> str:
    return render_template("operators/invitation.html", email=email, error=error)
