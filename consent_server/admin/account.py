"""The operator's own account: roles, second factors, password, and where he is signed in."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_security import current_user

from consent_server.admin.guard import operator_name, own_page
from consent_server.audit.services import Act, record_act
from consent_server.config import Settings
from consent_server.errors import CommandError
from consent_server.operators.sessions import SESSION_NAME, end_session, is_named, sessions_of
from consent_server.sites.services import all_sites


def add_pages(routes: Blueprint, settings: Settings) -> None:
    """Adds the pages."""

    @routes.get("/account")
    @own_page
    def own_account() -> str:
        name = str(session.get(SESSION_NAME, ""))
        sessions = sessions_of(current_user.id)
        return render_template(
            "admin/account.html",
            sessions=sessions,
            present=next((each.id for each in sessions if is_named(each, name)), None),
            names={site.id: site.name for site in all_sites()},
            password_days=settings.password_days,
        )

    @routes.post("/account/sessions/<int:session_id>/end")
    @own_page
    def end_own_session(session_id: int) -> ResponseReturnValue:
        try:
            end_session(current_user.id, session_id)
        except CommandError:
            return redirect(url_for("admin.own_account"))  # it has ended: that was the wish
        _tell()
        return redirect(url_for("admin.own_account"))

    @routes.post("/account/sessions/end")
    @own_page
    def end_other_sessions() -> ResponseReturnValue:
        name = str(session.get(SESSION_NAME, ""))
        others = [each.id for each in sessions_of(current_user.id) if not is_named(each, name)]
        for session_id in others:
            end_session(current_user.id, session_id)
        if others:
            _tell()
        return redirect(url_for("admin.own_account"))


def _tell() -> None:
    record_act(Act(operator=operator_name(), act="session.end", reference=operator_name()))
