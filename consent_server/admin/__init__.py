"""The console: one page module per room, behind one guard that no page can forget."""

from __future__ import annotations

from typing import Protocol

from flask import Blueprint, Flask, Response, redirect

from consent_server.admin import (
    access_log,
    account,
    archive,
    banner,
    certificates,
    consent,
    consents,
    copies,
    disclosures,
    error_pages,
    exports,
    holds,
    language,
    log_reviews,
    notices,
    operators,
    overview,
    passkeys,
    prepared,
    retention,
    schedules,
    sites,
    statistics,
    studio,
    tokens,
    visits,
)
from consent_server.admin.duties import Desk
from consent_server.banner.document import BannerDocuments
from consent_server.config import Settings
from consent_server.disclosures.services import ArchiveReader
from consent_server.holds.services import HoldKeeper
from consent_server.keys.ring import KeyRing
from consent_server.policies.directory import PolicyDirectory
from consent_server.reports.exports import Exporter
from consent_server.reports.manifest import ManifestMaker
from consent_server.reports.schedules import Scheduling
from consent_server.reports.sealed import SealedFiles
from consent_server.retention.rules import RecordClass
from consent_server.reviews.services import Reviewer
from consent_server.signing import CertificateKey, Signatures
from consent_server.statistics.circumstances import CircumstanceReader
from consent_server.statistics.decisions import DecisionReader
from consent_server.statistics.services import Statistics
from consent_server.visits.days import VisitDays
from consent_server.visits.services import VisitReader
from consent_server.web.checks import Checks
from consent_server.web.guard import guarded_by


class Parts(Protocol):
    """What the pages need of a running application; House has it."""

    @property
    def settings(self) -> Settings: ...
    @property
    def documents(self) -> BannerDocuments: ...
    @property
    def reader(self) -> VisitReader: ...
    @property
    def days(self) -> VisitDays: ...
    @property
    def statistics(self) -> Statistics: ...
    @property
    def decisions(self) -> DecisionReader: ...
    @property
    def circumstances(self) -> CircumstanceReader: ...
    @property
    def policies(self) -> PolicyDirectory: ...
    @property
    def ring(self) -> KeyRing: ...
    @property
    def checks(self) -> Checks: ...
    @property
    def exporter(self) -> Exporter: ...
    @property
    def manifests(self) -> ManifestMaker: ...
    @property
    def exported_files(self) -> SealedFiles: ...
    @property
    def scheduling(self) -> Scheduling: ...
    @property
    def signatures(self) -> Signatures: ...
    @property
    def archive(self) -> ArchiveReader: ...
    @property
    def certificate_key(self) -> CertificateKey: ...
    @property
    def holds(self) -> HoldKeeper: ...
    @property
    def classes(self) -> tuple[RecordClass, ...]: ...
    @property
    def reviewer(self) -> Reviewer: ...


def init_app(app: Flask, parts: Parts) -> None:
    """Adds the console under /admin, and its pages for errors."""
    settings = parts.settings
    routes = Blueprint("admin", __name__, url_prefix="/admin")
    overview.add_pages(
        routes,
        settings,
        Desk(parts.policies, settings.visit_period, parts.reviewer),
        parts.decisions,
        parts.statistics,
        parts.ring,
        parts.checks,
    )
    sites.add_pages(routes, settings, parts.documents)
    notices.add_pages(routes, settings)
    banner.add_pages(routes, parts.documents)
    studio.add_pages(routes, settings, parts.documents)
    consents.add_pages(routes, settings, parts.policies)
    consent.add_pages(routes, parts.signatures)
    visits.add_pages(routes, settings, parts.reader, parts.days)
    statistics.add_pages(routes, settings, parts.statistics, parts.decisions, parts.circumstances)
    exports.add_pages(routes, settings, parts.exporter)
    prepared.add_pages(routes, parts.signatures, parts.exported_files)
    schedules.add_pages(routes, parts.scheduling)
    archive.add_pages(routes, settings, parts.archive)
    disclosures.add_pages(routes)
    certificates.add_pages(routes, parts.certificate_key)
    holds.add_pages(routes, settings, parts.holds)
    copies.add_pages(routes, parts.manifests)
    retention.add_pages(routes, parts.classes)
    access_log.add_pages(routes, settings)
    log_reviews.add_pages(routes, parts.reviewer)
    operators.add_pages(routes, settings)
    tokens.add_pages(routes)
    account.add_pages(routes, settings)
    passkeys.add_pages(routes)
    app.register_blueprint(routes)
    error_pages.init_app(app)
    language.init_app(app, settings)
    app.add_url_rule("/", "home", _home)


@guarded_by("public")
def _home() -> Response:
    """Leads people who type the bare address to the console."""
    return redirect("/admin/")  # type: ignore[return-value]  # werkzeug's own base class
