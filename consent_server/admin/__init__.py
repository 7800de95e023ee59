"""The console: one page module per room, behind one guard that no page can forget."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, redirect

from consent_server.admin import (
    access_log,
    archive,
    banner,
    certificates,
    consents,
    disclosures,
    error_pages,
    exports,
    holds,
    language,
    overview,
    sites,
    statistics,
    visits,
)
from consent_server.banner.document import BannerDocuments
from consent_server.config import Settings
from consent_server.disclosures.services import ArchiveReader
from consent_server.holds.services import HoldKeeper
from consent_server.reports.exports import Exporter
from consent_server.signing import CertificateKey
from consent_server.statistics.services import Statistics
from consent_server.visits.days import VisitDays
from consent_server.visits.services import VisitReader
from consent_server.web.guard import guarded_by


def init_app(
    app: Flask,
    settings: Settings,
    exporter: Exporter,
    reader: VisitReader,
    days: VisitDays,
    numbers: Statistics,
    documents: BannerDocuments,
    archive_reader: ArchiveReader,
    certificate_key: CertificateKey,
    keeper: HoldKeeper,
) -> None:
    """Adds the console under /admin, and its pages for errors."""
    routes = Blueprint("admin", __name__, url_prefix="/admin")
    overview.add_pages(routes)
    sites.add_pages(routes, settings, documents)
    banner.add_pages(routes, documents)
    consents.add_pages(routes, settings)
    visits.add_pages(routes, settings, reader, days)
    statistics.add_pages(routes, settings, numbers)
    exports.add_pages(routes, settings, exporter)
    archive.add_pages(routes, settings, archive_reader)
    disclosures.add_pages(routes)
    certificates.add_pages(routes, certificate_key)
    holds.add_pages(routes, settings, keeper)
    access_log.add_pages(routes)
    app.register_blueprint(routes)
    error_pages.init_app(app)
    language.init_app(app, settings)
    app.add_url_rule("/", "home", _home)


@guarded_by("public")
def _home() -> Response:
    """Leads people who type the bare address to the console."""
    return redirect("/admin/")  # type: ignore[return-value]  # werkzeug's own base class
