"""Exported copies: which are open, which are overdue, and the check-off when one is destroyed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from consent_server import clock
from consent_server.admin.choices import PAGE_ROWS, read_row_number
from consent_server.admin.guard import has_role, operator_name, operator_page
from consent_server.errors import CommandError
from consent_server.reports.ledger import check_off, destroyed_copies, find_copy, open_copies
from consent_server.reports.manifest import ManifestMaker
from consent_server.sites.services import all_sites

if TYPE_CHECKING:
    from consent_server.reports.models import ExportedCopy

_OPEN_ROWS: Final = 200  # the most urgent; whoever has more has other work first


def add_pages(routes: Blueprint, manifests: ManifestMaker) -> None:
    """Adds the pages."""

    @routes.get("/exports/copies")
    @operator_page("handler")
    def list_copies() -> str:
        before_id = read_row_number(request.args.get("before", ""))
        destroyed = destroyed_copies(before_id=before_id, limit=PAGE_ROWS + 1)
        return render_template(
            "admin/copies.html",
            open=open_copies(_OPEN_ROWS),
            destroyed=destroyed[:PAGE_ROWS],
            has_older=len(destroyed) > PAGE_ROWS,
            now=clock.now(),
            sites={site.key: site.name for site in all_sites()},
            is_mine=_is_mine,
        )

    @routes.get("/exports/copies/<reference>")
    @operator_page("handler")
    def ask_about_copy(reference: str) -> ResponseReturnValue:
        return _question(reference)

    @routes.get("/exports/copies/<reference>/manifest.json")
    @operator_page("handler")
    def show_manifest(reference: str) -> Response:
        try:
            manifest = manifests.of(_known(reference))
        except CommandError:
            abort(404)
        response = Response(manifest, content_type="application/json")
        name = f"{reference}.manifest.json"
        response.headers.set("Content-Disposition", "attachment", filename=name)
        return response

    @routes.post("/exports/copies/<reference>")
    @operator_page("handler")
    def destroy_copy(reference: str) -> ResponseReturnValue:
        if "sure" not in request.form:
            return _question(reference, is_unsure=True), 400
        _known(reference)
        try:
            check_off(reference, operator_name(), may_for_others=has_role("officer"))
        except CommandError:
            abort(403)
        return redirect(url_for("admin.list_copies"))


def _question(reference: str, *, is_unsure: bool = False) -> str:
    return render_template(
        "admin/copy.html",
        copy=_known(reference),
        now=clock.now(),
        sites={site.key: site.name for site in all_sites()},
        is_unsure=is_unsure,
        is_mine=_is_mine,
    )


def _is_mine(copy: ExportedCopy) -> bool:
    """Whether the operator may say that a copy is destroyed: his own, or as an owner any."""
    return copy.owner == operator_name() or has_role("officer")


def _known(reference: str) -> ExportedCopy:
    if not reference.isascii() or "\0" in reference:
        abort(404)
    try:
        return find_copy(reference)
    except CommandError:
        abort(404)
