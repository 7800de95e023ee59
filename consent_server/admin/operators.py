"""Operators: who may do what where, invited, changed and dismissed by owners of all sites.

Nobody changes what he may do himself; the last owner stays. What cannot be done is said on the
page, and never done by half.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_security import current_user

from consent_server import clock
from consent_server.admin.choices import read_line
from consent_server.admin.confirming import is_confirmed, not_confirmed
from consent_server.admin.guard import operator_name, operator_page
from consent_server.audit.services import Act, record_act
from consent_server.config import Settings
from consent_server.errors import CommandError
from consent_server.operators.grants import (
    LastOwner,
    NotYourself,
    grant_role,
    grants_of,
    site_id_of,
    take_back,
)
from consent_server.operators.invitations import invitations, invite, withdraw
from consent_server.operators.rules import ROLES
from consent_server.operators.services import (
    all_operators,
    dismiss,
    find_operator,
    note_training,
)
from consent_server.operators.sessions import end_sessions, sessions_of
from consent_server.sites.services import all_sites

if TYPE_CHECKING:
    from consent_server.operators.models import Operator

IDLE_AFTER: Final = timedelta(days=90)  # an account that nobody used for so long is shown as idle


def add_pages(routes: Blueprint, settings: Settings) -> None:
    """Adds the pages."""

    @routes.get("/operators")
    @operator_page("operators.read")
    def list_operators() -> str:
        return _list(settings)

    @routes.post("/operators")
    @operator_page("everything.change")
    def invite_operator() -> ResponseReturnValue:
        email = read_line(request.form.get("email", ""))
        try:
            site_id = site_id_of(request.form.get("site"))
            token = invite(email, request.form.get("role", ""), site_id, by=operator_name())
        except CommandError:
            error = _("Nobody was invited: it is no e-mail address, or has an account already.")
            return _list(settings, error=error), 400
        link = settings.public_url + url_for("invitations.show", token=token)
        return _list(settings, link=link, invited=email)

    @routes.post("/operators/invitations/<int:invitation_id>/withdraw")
    @operator_page("everything.change")
    def withdraw_invitation(invitation_id: int) -> ResponseReturnValue:
        try:
            withdraw(invitation_id, by=operator_name())
        except CommandError:
            abort(404)
        return redirect(url_for("admin.list_operators"))

    @routes.get("/operators/<int:operator_id>")
    @operator_page("operators.read")
    def show_operator(operator_id: int) -> str:
        return _page(_known(operator_id))

    @routes.post("/operators/<int:operator_id>/grants")
    @operator_page("everything.change")
    def give_role(operator_id: int) -> ResponseReturnValue:
        operator, role = _known(operator_id), request.form.get("role", "")

        def give() -> None:
            site_id = site_id_of(request.form.get("site"))
            grant_role(operator.email, role, site_id, by=operator_name())

        return _done(operator_id, give)

    @routes.post("/operators/<int:operator_id>/grants/<int:grant_id>/end")
    @operator_page("everything.change")
    def end_role(operator_id: int, grant_id: int) -> ResponseReturnValue:
        if grant_id not in {grant.id for grant in grants_of(_known(operator_id).id)}:
            abort(404)
        return _done(operator_id, lambda: take_back(grant_id, by=operator_name()))

    @routes.post("/operators/<int:operator_id>/training")
    @operator_page("everything.change")
    def note_operator_training(operator_id: int) -> ResponseReturnValue:
        email, today = _known(operator_id).email, clock.now().date()
        return _done(operator_id, lambda: note_training(email, today, by=operator_name()))

    @routes.post("/operators/<int:operator_id>/sessions/end")
    @operator_page("everything.change")
    def end_operator_sessions(operator_id: int) -> ResponseReturnValue:
        email = _known(operator_id).email
        end_sessions(operator_id)
        record_act(Act(operator=operator_name(), act="session.end", reference=email))
        return redirect(url_for("admin.show_operator", operator_id=operator_id))

    @routes.post("/operators/<int:operator_id>/dismiss")
    @operator_page("everything.change")
    def dismiss_operator(operator_id: int) -> ResponseReturnValue:
        operator = _known(operator_id)
        email = operator.email
        if not is_confirmed(email):
            return _page(operator, not_confirmed(email)), 400
        return _done(operator_id, lambda: dismiss(email, by=operator_name()))


def _known(operator_id: int) -> Operator:
    try:
        return find_operator(operator_id)
    except CommandError:
        abort(404)


def _done(operator_id: int, verb: Callable[[], None]) -> ResponseReturnValue:
    """Does something to an account and shows what it is now, or why it was not done."""
    try:
        verb()
    except NotYourself:
        error = _("Nobody changes what he may do himself; ask another owner.")
    except LastOwner:
        error = _("The last owner stays: make another owner of all sites first.")
    except CommandError:
        error = _("This was not possible; look at the account as it is now.")
    else:
        return redirect(url_for("admin.show_operator", operator_id=operator_id))
    return _page(_known(operator_id), error), 400


def _list(settings: Settings, *, link: str = "", invited: str = "", error: str = "") -> str:
    return render_template(
        "admin/operators.html",
        operators=all_operators(),
        invitations=invitations(),
        names=_site_names(),
        sites=all_sites(),
        roles=ROLES,
        link=link,
        invited=invited,
        error=error,
        idle_before=clock.now() - IDLE_AFTER,
    )


def _page(operator: Operator, error: str = "") -> str:
    return render_template(
        "admin/operator.html",
        operator=operator,
        history=grants_of(operator.id),
        sessions=sessions_of(operator.id),
        names=_site_names(),
        sites=all_sites(),
        roles=ROLES,
        error=error,
        is_oneself=operator.id == current_user.id,
    )


def _site_names() -> dict[int, str]:
    return {site.id: site.name for site in all_sites()}
