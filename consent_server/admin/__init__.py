"""The console: one page module per room, behind one guard that no page can forget."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, redirect

from consent_server.admin import (
    access_log,
    account,
    banner,
    consents,
    error_pages,
    exports,
    language,
    operators,
    overview,
    sites,
    visits,
)
from consent_server.banner.document import BannerDocuments
from consent_server.config import Settings
from consent_server.reports.exports import Exporter
from consent_server.visits.services import VisitReader
from consent_server.web.guard import guarded_by


def init_app(
    app: Flask,
    settings: Settings,
    exporter: Exporter,
    reader: VisitReader,
    documents: BannerDocuments,
) -> None:
    """Adds the console under /admin, and its pages for errors."""
    routes = Blueprint("admin", __name__, url_prefix="/admin")
    overview.add_pages(routes)
    sites.add_pages(routes, settings, documents)
    banner.add_pages(routes, documents)
    consents.add_pages(routes, settings)
    visits.add_pages(routes, settings, reader)
    exports.add_pages(routes, settings, exporter)
    access_log.add_pages(routes)
    operators.add_pages(routes, settings)
    account.add_pages(routes, settings)
    app.register_blueprint(routes)
    error_pages.init_app(app)
    language.init_app(app, settings)
    app.add_url_rule("/", "home", _home)


@guarded_by("public")
def _home() -> Response:
    """Leads people who type the bare address to the console."""
    return redirect("/admin/")  # type: ignore[return-value]  # werkzeug's own base class
