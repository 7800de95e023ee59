"""Builds the Flask application out of the rooms; the only place where they are joined."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from flask import Flask
from sqlalchemy import Engine

from consent_server import admin, operators
from consent_server.banner import views as banner_views
from consent_server.banner.document import BannerDocuments
from consent_server.banner.history import keep_script
from consent_server.banner.intake import ScriptIntake
from consent_server.certificates.head import Head
from consent_server.certificates.withdrawn import certify_erasures
from consent_server.config import Settings
from consent_server.consents import views as consent_views
from consent_server.consents.granted import GrantedPurposes
from consent_server.consents.intake import ConsentIntake
from consent_server.consents.services import ConsentRecorder
from consent_server.contract import views as contract_views
from consent_server.disclosures.search import VisitSearch
from consent_server.disclosures.services import ArchiveReader
from consent_server.errors import TokenMissing
from consent_server.holds.certifying import certify_hold
from consent_server.holds.keeping import Keeping
from consent_server.holds.services import HoldKeeper
from consent_server.jobs.scheduler import Scheduler
from consent_server.jobs.upkeep import Upkeep
from consent_server.keys.ring import KeyRing
from consent_server.linting.services import warnings_about
from consent_server.operators import passkey_views
from consent_server.operators import views as operator_views
from consent_server.operators.tokens import machine_of
from consent_server.policies import views as policy_views
from consent_server.policies.directory import PolicyDirectory
from consent_server.policies.schemas import Notice
from consent_server.reports import views as report_views
from consent_server.reports.exports import Exporter
from consent_server.reports.jobs import failing_schedules
from consent_server.reports.ledger import count_overdue, open_copies_of
from consent_server.reports.manifest import ManifestMaker
from consent_server.reports.places import Places
from consent_server.reports.preparing import ExportRunner
from consent_server.reports.schedules import Scheduling
from consent_server.reports.sealed import SealedFiles
from consent_server.retention.archiving import Archiver
from consent_server.retention.lag import lag_seconds
from consent_server.retention.rows import ClassRows
from consent_server.retention.rules import RecordClass, record_classes
from consent_server.retention.services import Retention
from consent_server.retention.wording import published
from consent_server.reviews.rules import OpenCopy
from consent_server.reviews.services import Reviewer
from consent_server.setups import views as setup_views
from consent_server.signing import CertificateKey, Signatures
from consent_server.sites.directory import SiteDirectory
from consent_server.statistics.circumstance_counting import CircumstanceCounter
from consent_server.statistics.circumstances import CircumstanceReader
from consent_server.statistics.counting import DayCounter
from consent_server.statistics.decision_counting import DecisionCounter
from consent_server.statistics.decisions import DecisionReader
from consent_server.statistics.hearing import Hearing
from consent_server.statistics.sealed import CountSeal
from consent_server.statistics.services import Statistics
from consent_server.storage import database
from consent_server.storage.partitions.keeper import PARTITIONED, PartitionKeeper
from consent_server.storage.ring_state import RingMemory
from consent_server.storage.writing.writer import Writer
from consent_server.subjects import my_data
from consent_server.subjects import views as subject_views
from consent_server.subjects.access import MyDataReader
from consent_server.subjects.services import PreferenceCentre
from consent_server.subjects.withdrawals import VisitWithdrawals
from consent_server.visits import views as visit_views
from consent_server.visits.days import VisitDays
from consent_server.visits.device import device_of
from consent_server.visits.erasure import VisitEraser
from consent_server.visits.intake import VisitIntake
from consent_server.visits.journal import Journal
from consent_server.visits.own import OwnVisits
from consent_server.visits.recorder import VisitRecorder
from consent_server.visits.removal import Removal
from consent_server.visits.services import VisitReader
from consent_server.watching.metrics import Metrics
from consent_server.watching.traces import Traces, traces_of
from consent_server.web import (
    csrf,
    gpc,
    headers,
    health,
    languages,
    limits,
    observed,
    problems,
    row_numbers,
    sessions,
)
from consent_server.web import metrics as metrics_view
from consent_server.web.checks import Checks
from consent_server.web.country import Countries
from consent_server.web.intake import Doors, Intake
from consent_server.web.limiter import RateLimiter
from consent_server.web.observed import Observed

if TYPE_CHECKING:
    from consent_server.sites.models import Site


@dataclass(frozen=True, slots=True)
class House:
    """The parts of one running application, for its doors: commands, jobs and tests."""

    settings: Settings
    metrics: Metrics
    traces: Traces
    checks: Checks
    signatures: Signatures
    certificate_key: CertificateKey
    ledger_head: Head
    ring: KeyRing
    writer: Writer
    sites: SiteDirectory
    policies: PolicyDirectory
    countries: Countries
    limiter: RateLimiter
    documents: BannerDocuments
    consents: ConsentRecorder
    visits: VisitRecorder
    script_intake: ScriptIntake
    consent_intake: ConsentIntake
    visit_intake: VisitIntake
    reader: VisitReader
    exporter: Exporter
    manifests: ManifestMaker
    exported_files: SealedFiles
    scheduling: Scheduling
    export_runner: ExportRunner
    archive: ArchiveReader
    eraser: VisitEraser
    holds: HoldKeeper
    classes: tuple[RecordClass, ...]
    retention: Retention
    reviewer: Reviewer
    days: VisitDays
    upkeep: Upkeep
    statistics: Statistics
    decisions: DecisionReader
    hearing: Hearing
    circumstances: CircumstanceReader
    partitions: tuple[PartitionKeeper, ...]
    warnings_about: Callable[[Site, Notice], list[str]]


def create_app(settings: Settings | None = None) -> Flask:
    """Returns the application, ready for any WSGI server.

    settings: read from the environment if not given. Raises ConfigError when a safe start is
    impossible. Starts the jobs if the settings say so.
    """
    settings = settings or Settings.from_environ()
    app = Flask(
        "consent_server",
        static_folder=str(_shipped("static")),
        template_folder=str(_shipped("templates")),
    )
    app.config["SECRET_KEY"] = settings.secret_key
    database.init_app(app, settings)
    house = _build(app, settings)
    app.extensions["consent_server"] = house
    for init in (
        observed.init_app,
        limits.init_app,
        row_numbers.init_app,
        sessions.init_app,
        problems.init_app,
        languages.init_app,
    ):
        init(app)
    csrf.init_app(app)
    headers.init_app(app, settings)
    operators.init_app(app, settings, house.limiter, _device_in_words)
    admin.init_app(app, house)
    _register_routes(app, house)
    app.wsgi_app = Intake(app.wsgi_app, _doors(house), headers.of_every_answer(settings))  # type: ignore[method-assign]
    # the outermost: whatever answers, in Flask or in front of it, is counted
    app.wsgi_app = Observed(app.wsgi_app, settings, house.metrics, house.traces)  # type: ignore[method-assign]
    if settings.scheduler:
        Scheduler(
            app,
            settings,
            house.retention,
            house.upkeep,
            house.metrics,
            house.partitions,
            house.export_runner,
        ).start()
    return app


def house_of(app: Flask) -> House:
    """Returns the parts of an application."""
    house = app.extensions["consent_server"]
    assert isinstance(house, House)
    return house


def _build(app: Flask, settings: Settings) -> House:
    traces = traces_of(settings)
    metrics = Metrics(traces)
    with app.app_context():
        engine, archive = database.db.engine, database.db.engines[database.ARCHIVE]
    young = PartitionKeeper(engine, PARTITIONED["main"])
    apart = PartitionKeeper(archive, PARTITIONED["archive"])
    writer = Writer(engine, queue_limit=settings.queue_limit, observer=metrics)
    limiter = RateLimiter.of(settings, engine)
    signatures = Signatures(settings.secret_key)
    ring = KeyRing(settings.keys_dir, witness=RingMemory(engine))
    certificate_key, ledger_head = CertificateKey(settings.secret_key), Head(settings.home)
    sites, policies = SiteDirectory(engine), PolicyDirectory(engine)
    reader = VisitReader(ring, settings.visit_period)
    static = Path(app.static_folder or "")
    documents = BannerDocuments(static, settings, policies, metrics.script_built)
    countries = Countries(settings)
    period = settings.visit_period
    holds = HoldKeeper(
        Keeping(engine, archive, ring, period),
        partial(certify_hold, engine, certificate_key, period),
    )
    journal = Journal(settings.keys_dir / "erased")
    eraser = VisitEraser(
        ring,
        journal,
        Removal(engine, archive, writer, journal),
        period,
        holds.keep_before_erasure,
        partial(certify_erasures, engine, certificate_key),
    )
    withdrawals = VisitWithdrawals(eraser, settings.zone)
    seal = CountSeal(settings.secret_key)
    hearing = Hearing(writer, seal, countries, period.day_of)
    consents = ConsentRecorder(
        writer,
        policies,
        signatures,
        settings.choice_days,
        withdrawals,
        hearing.hear if settings.count_devices else None,
    )
    visits = VisitRecorder(writer, ring, signatures, settings.visit_period, young)
    days = VisitDays(engine, writer, settings.visit_period, settings.operating_days)
    engines = {"main": engine, "archive": archive}
    classes = record_classes(settings)
    exporter, manifests = (
        Exporter(reader, period, settings.export_days),
        ManifestMaker(certificate_key),
    )
    exported_files = SealedFiles(settings.exports_dir / "prepared", ring)
    places = Places(settings.exports_dir / "scheduled", settings)
    scheduling = Scheduling(places, period, settings.operating_days)
    reviewer = _reviewer(settings, engine, certificate_key)
    lag, lag_here = (partial(lag_seconds, engine, place, ring, period) for place in (archive, None))
    return House(
        settings=settings,
        metrics=metrics,
        traces=traces,
        checks=Checks(
            settings,
            engines,
            ring,
            metrics,
            lag,
            lag_here,
            days.lags_seconds,
            partial(count_overdue, engine),
            partial(failing_schedules, engine),
            reviewer.count_overdue,
        ),
        signatures=signatures,
        certificate_key=certificate_key,
        ledger_head=ledger_head,
        ring=ring,
        writer=writer,
        sites=sites,
        policies=policies,
        countries=countries,
        limiter=limiter,
        documents=documents,
        script_intake=ScriptIntake(settings, sites, documents, countries),
        consents=consents,
        visits=visits,
        consent_intake=ConsentIntake(settings, sites, consents, limiter),
        visit_intake=VisitIntake(
            settings,
            sites,
            visits,
            limiter,
            GrantedPurposes(engine, policies, signatures),
            countries,
        ),
        reader=reader,
        exporter=exporter,
        manifests=manifests,
        exported_files=exported_files,
        scheduling=scheduling,
        export_runner=ExportRunner(
            exporter, exported_files, places, manifests, scheduling, settings.export_link_hours
        ),
        classes=classes,
        archive=ArchiveReader(VisitSearch(ring, reader, settings.visit_period)),
        eraser=eraser,
        holds=holds,
        retention=Retention(
            writer,
            ring,
            period,
            certificate_key,
            ledger_head,
            eraser,
            holds,
            ClassRows(writer, classes, ZoneInfo(settings.zone), certificate_key),
        ),
        reviewer=reviewer,
        days=days,
        upkeep=Upkeep(
            DecisionCounter(engine, writer, period.day_of),
            CircumstanceCounter(engine, writer, seal, period.day_of),
            DayCounter(engine, writer, ring, days, countries.of_address),
            Archiver(engine, archive, writer, days, apart),
            settings.visit_period,
            partial(keep_script, engine, documents.code),
        ),
        statistics=Statistics(settings.visit_period, settings.least_visitors),
        decisions=DecisionReader(period.day_of, settings.least_visitors),
        hearing=hearing,
        circumstances=CircumstanceReader(settings.least_visitors),
        partitions=(young, apart),
        warnings_about=warnings_about,
    )


def _reviewer(settings: Settings, engine: Engine, key: CertificateKey) -> Reviewer:
    """Joins reviews to the ledger of exports, two rooms that are strangers."""

    def open_copies(since: datetime, until: datetime) -> list[OpenCopy]:
        found = open_copies_of(engine, since, until)
        return [
            OpenCopy(each.reference, each.owner, each.made_at, each.expires_at) for each in found
        ]

    return Reviewer(engine, key, ZoneInfo(settings.zone), settings.log_review_days, open_copies)


def _doors(house: House) -> dict[str, Doors]:
    """What is answered in front of Flask, because every page view asks it."""
    return {
        "GET": {re.compile(r"/embed/[^/]+\.js"): ("/embed/<site_key>.js", house.script_intake)},
        "POST": {
            re.compile("/v1/visits"): ("/v1/visits", house.visit_intake),
            re.compile("/v1/consents"): ("/v1/consents", house.consent_intake),
        },
    }


def _register_routes(app: Flask, house: House) -> None:
    settings, sites, limiter = house.settings, house.sites, house.limiter
    centre = PreferenceCentre(house.policies, house.consents, house.eraser)
    with app.app_context():
        engine, archive = database.db.engine, database.db.engines[database.ARCHIVE]
    kept_for = partial(published, house.classes)
    own_data = MyDataReader(
        centre, OwnVisits(house.ring, settings.visit_period, engine, archive), engine, kept_for
    )
    for routes in (
        health.blueprint(house.checks),
        gpc.blueprint(settings),
        contract_views.blueprint(settings, sites, house.policies, limiter),
        operator_views.blueprint(),
        passkey_views.blueprint(),
        metrics_view.blueprint(settings, house.metrics, house.checks, _may_read_metrics),
        banner_views.blueprint(house.script_intake),
        consent_views.blueprint(house.consent_intake),
        report_views.blueprint(sites, house.exporter),
        visit_views.blueprint(house.visit_intake),
        policy_views.blueprint(settings, sites, limiter, kept_for),
        setup_views.blueprint(),
        subject_views.blueprint(settings, sites, centre, limiter),
        my_data.blueprint(settings, sites, own_data, limiter),
    ):
        app.register_blueprint(routes)
    for guarded_by_origin in ("consents", "visits", "subjects", "my_data"):
        csrf.exempt(app, guarded_by_origin)


def _device_in_words(user_agent: str) -> str:
    """Returns a browser and its system for people, "" when the header tells neither."""
    device = device_of(user_agent)
    browser = f"{device.browser} {device.browser_version.partition('.')[0]}".strip()
    return " · ".join(filter(None, (browser, device.system)))


def _may_read_metrics(authorization: str) -> bool:
    """Whether a machine sends a token that opens /metrics."""
    try:
        machine_of(authorization, "metrics.read")
    except TokenMissing:
        return False
    return True


def _shipped(name: str) -> Path:
    """Returns a folder of shipped files: inside the installed package, or beside it in a clone."""
    here = Path(__file__).parent
    return here / name if (here / name).is_dir() else here.parent / name
