"""Tokens of machines: made, renewed and revoked by owners of all sites; each is shown once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from consent_server import clock
from consent_server.admin.choices import read_line, read_row_number
from consent_server.admin.confirming import is_confirmed, not_confirmed
from consent_server.admin.guard import operator_name, operator_page
from consent_server.admin.said import said
from consent_server.errors import CommandError
from consent_server.operators.grants import site_id_of
from consent_server.operators.tokens import (
    LONGEST_DAYS,
    LONGEST_OVERLAP_HOURS,
    SCOPES,
    add_token,
    find_token,
    revoke_token,
    rotate_token,
    state_of,
    tokens,
)
from consent_server.sites.services import all_sites

if TYPE_CHECKING:
    from consent_server.operators.token_models import ApiToken


def add_pages(routes: Blueprint) -> None:
    """Adds the pages."""

    @routes.get("/operators/tokens")
    @operator_page("operators.read")
    def list_tokens() -> str:
        return _list()

    @routes.post("/operators/tokens")
    @operator_page("everything.change")
    def make_token() -> ResponseReturnValue:
        form, name = request.form, read_line(request.form.get("name", ""))
        try:
            site_id = site_id_of(form.get("site"))
            days = _number(form.get("days", ""))
            token = add_token(name, form.getlist("scopes"), site_id, days, by=operator_name())
        except CommandError as error:
            return _list(error=said(error)), 400
        return _list(fresh=token, named=name)

    @routes.get("/operators/tokens/<int:token_id>")
    @operator_page("operators.read")
    def show_token(token_id: int) -> str:
        return _page(_known(token_id))

    @routes.post("/operators/tokens/<int:token_id>/rotate")
    @operator_page("everything.change")
    def renew_token(token_id: int) -> ResponseReturnValue:
        name = _known(token_id).name
        days, hours = (_number(request.form.get(each, "")) for each in ("days", "overlap_hours"))
        try:
            token = rotate_token(name, days, overlap_hours=hours, by=operator_name())
        except CommandError as error:
            return _page(_known(token_id), error=said(error)), 400
        return _page(_known(token_id), fresh=token)

    @routes.post("/operators/tokens/<int:token_id>/revoke")
    @operator_page("everything.change")
    def end_token(token_id: int) -> ResponseReturnValue:
        name = _known(token_id).name
        if not is_confirmed(name):
            return _page(_known(token_id), error=not_confirmed(name)), 400
        try:
            revoke_token(name, by=operator_name())
        except CommandError as error:
            return _page(_known(token_id), error=said(error)), 400
        return redirect(url_for("admin.list_tokens"))


def _known(token_id: int) -> ApiToken:
    if read_row_number(str(token_id)) is None:
        abort(404)
    try:
        return find_token(token_id)
    except CommandError:
        abort(404)


def _number(text: str) -> int:
    """Returns a small number that was typed, -1 for none: no rule takes it."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else -1


def _list(*, fresh: str = "", named: str = "", error: str = "") -> str:
    found = tokens()
    return render_template(
        "admin/tokens.html",
        tokens=found,
        states={token.id: state_of(token) for token in found},
        names=_site_names(),
        sites=all_sites(),
        scopes=SCOPES,
        longest=LONGEST_DAYS,
        values=request.form,
        chosen=request.form.getlist("scopes"),
        fresh=fresh,
        named=named,
        error=error,
    )


def _page(token: ApiToken, *, fresh: str = "", error: str = "") -> str:
    return render_template(
        "admin/token.html",
        token=token,
        state=state_of(token),
        old_until=token.old_until if token.old_until and token.old_until > clock.now() else None,
        names=_site_names(),
        longest=LONGEST_DAYS,
        longest_overlap=LONGEST_OVERLAP_HOURS,
        fresh=fresh,
        error=error,
    )


def _site_names() -> dict[int, str]:
    return {site.id: site.name for site in all_sites()}
