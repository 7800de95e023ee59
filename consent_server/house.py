"""The parts of one running application, each made of those that it needs.

Every part is a property that says how it is made, so the order does not matter and each stands in
one place. Doors take what they want from here: routes, commands, jobs, tests.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from flask import Flask
from sqlalchemy import Engine

from consent_server.banner.document import BannerDocuments
from consent_server.banner.history import keep_script
from consent_server.banner.intake import ScriptIntake
from consent_server.certificates.head import Head
from consent_server.certificates.withdrawn import certify_erasures
from consent_server.config import Settings
from consent_server.consents.granted import GrantedPurposes
from consent_server.consents.intake import ConsentIntake
from consent_server.consents.services import ConsentRecorder
from consent_server.disclosures.search import VisitSearch
from consent_server.disclosures.services import ArchiveReader
from consent_server.holds.certifying import certify_hold
from consent_server.holds.keeping import Keeping
from consent_server.holds.services import HoldKeeper
from consent_server.jobs.upkeep import Upkeep
from consent_server.keys.ring import KeyRing
from consent_server.linting.services import warnings_about
from consent_server.policies.directory import PolicyDirectory
from consent_server.policies.schemas import Notice
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
from consent_server.retention.wording import PrintedClass, published
from consent_server.reviews.rules import OpenCopy
from consent_server.reviews.services import Reviewer
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
from consent_server.subjects.access import MyDataReader
from consent_server.subjects.services import PreferenceCentre
from consent_server.subjects.withdrawals import VisitWithdrawals
from consent_server.visits.days import VisitDays
from consent_server.visits.erasure import VisitEraser
from consent_server.visits.intake import VisitIntake
from consent_server.visits.journal import Journal
from consent_server.visits.own import OwnVisits
from consent_server.visits.recorder import VisitRecorder
from consent_server.visits.removal import Removal
from consent_server.visits.services import VisitReader
from consent_server.watching.metrics import Metrics
from consent_server.watching.traces import Traces, traces_of
from consent_server.web.checks import Checks
from consent_server.web.country import Countries
from consent_server.web.limiter import RateLimiter

if TYPE_CHECKING:
    from consent_server.sites.models import Site


class House:
    """All parts; made at once, so that what cannot be made stops the start.

    engine, archive: of the two databases. static: the folder of shipped files.
    Raises ConfigError when a safe start is impossible.
    """

    def __init__(self, settings: Settings, engine: Engine, archive: Engine, static: Path) -> None:
        self.settings = settings
        self._engine = engine
        self._archive = archive
        self._static = static
        self._period = settings.visit_period
        for name, part in vars(House).items():
            if isinstance(part, cached_property):
                getattr(self, name)

    @cached_property
    def traces(self) -> Traces:
        return traces_of(self.settings)

    @cached_property
    def metrics(self) -> Metrics:
        return Metrics(self.traces)

    @cached_property
    def writer(self) -> Writer:
        return Writer(self._engine, queue_limit=self.settings.queue_limit, observer=self.metrics)

    @cached_property
    def limiter(self) -> RateLimiter:
        return RateLimiter.of(self.settings, self._engine)

    @cached_property
    def signatures(self) -> Signatures:
        return Signatures(self.settings.secret_key)

    @cached_property
    def certificate_key(self) -> CertificateKey:
        return CertificateKey(self.settings.secret_key)

    @cached_property
    def ledger_head(self) -> Head:
        return Head(self.settings.home)

    @cached_property
    def ring(self) -> KeyRing:
        return KeyRing(self.settings.keys_dir, witness=RingMemory(self._engine))

    @cached_property
    def partitions(self) -> tuple[PartitionKeeper, PartitionKeeper]:
        """Of visits in the main database, and of those in the archive."""
        return (
            PartitionKeeper(self._engine, PARTITIONED["main"]),
            PartitionKeeper(self._archive, PARTITIONED["archive"]),
        )

    @cached_property
    def sites(self) -> SiteDirectory:
        return SiteDirectory(self._engine)

    @cached_property
    def policies(self) -> PolicyDirectory:
        return PolicyDirectory(self._engine)

    @cached_property
    def countries(self) -> Countries:
        return Countries(self.settings)

    @cached_property
    def documents(self) -> BannerDocuments:
        return BannerDocuments(
            self._static, self.settings, self.policies, self.metrics.script_built
        )

    @cached_property
    def warnings_about(self) -> Callable[[Site, Notice], list[str]]:
        return warnings_about

    @cached_property
    def consents(self) -> ConsentRecorder:
        return ConsentRecorder(
            self.writer,
            self.policies,
            self.signatures,
            self.settings.choice_days,
            VisitWithdrawals(self.eraser, self.settings.zone),
            self.hearing.hear if self.settings.count_devices else None,
        )

    @cached_property
    def visits(self) -> VisitRecorder:
        return VisitRecorder(
            self.writer, self.ring, self.signatures, self._period, self.partitions[0]
        )

    @cached_property
    def script_intake(self) -> ScriptIntake:
        return ScriptIntake(self.settings, self.sites, self.documents, self.countries)

    @cached_property
    def consent_intake(self) -> ConsentIntake:
        return ConsentIntake(self.settings, self.sites, self.consents, self.limiter)

    @cached_property
    def visit_intake(self) -> VisitIntake:
        granted = GrantedPurposes(self._engine, self.policies, self.signatures)
        return VisitIntake(
            self.settings, self.sites, self.visits, self.limiter, granted, self.countries
        )

    @cached_property
    def reader(self) -> VisitReader:
        return VisitReader(self.ring, self._period)

    @cached_property
    def own_data(self) -> MyDataReader:
        own_visits = OwnVisits(self.ring, self._period, self._engine, self._archive)
        return MyDataReader(self.preferences, own_visits, self._engine, self.kept_for)

    @cached_property
    def preferences(self) -> PreferenceCentre:
        return PreferenceCentre(self.policies, self.consents, self.eraser)

    @cached_property
    def holds(self) -> HoldKeeper:
        keeping = Keeping(self._engine, self._archive, self.ring, self._period)
        return HoldKeeper(
            keeping, partial(certify_hold, self._engine, self.certificate_key, self._period)
        )

    @cached_property
    def eraser(self) -> VisitEraser:
        journal = Journal(self.settings.keys_dir / "erased")
        return VisitEraser(
            self.ring,
            journal,
            Removal(self._engine, self._archive, self.writer, journal),
            self._period,
            self.holds.keep_before_erasure,
            partial(certify_erasures, self._engine, self.certificate_key),
        )

    @cached_property
    def classes(self) -> tuple[RecordClass, ...]:
        return record_classes(self.settings)

    @cached_property
    def kept_for(self) -> Callable[[str, bool], list[PrintedClass]]:
        return partial(published, self.classes)

    @cached_property
    def retention(self) -> Retention:
        zone = ZoneInfo(self.settings.zone)
        return Retention(
            self.writer,
            self.ring,
            self._period,
            self.certificate_key,
            self.ledger_head,
            self.eraser,
            self.holds,
            ClassRows(self.writer, self.classes, zone, self.certificate_key),
        )

    @cached_property
    def days(self) -> VisitDays:
        return VisitDays(self._engine, self.writer, self._period, self.settings.operating_days)

    @cached_property
    def upkeep(self) -> Upkeep:
        engine, day_of = self._engine, self._period.day_of
        return Upkeep(
            DecisionCounter(engine, self.writer, day_of),
            CircumstanceCounter(engine, self.writer, self._seal, day_of),
            DayCounter(engine, self.writer, self.ring, self.days, self.countries.of_address),
            Archiver(engine, self._archive, self.writer, self.days, self.partitions[1]),
            self._period,
            partial(keep_script, engine, self.documents.code),
        )

    @cached_property
    def archive(self) -> ArchiveReader:
        return ArchiveReader(VisitSearch(self.ring, self.reader, self._period))

    @cached_property
    def statistics(self) -> Statistics:
        return Statistics(self._period, self.settings.least_visitors)

    @cached_property
    def decisions(self) -> DecisionReader:
        return DecisionReader(self._period.day_of, self.settings.least_visitors)

    @cached_property
    def hearing(self) -> Hearing:
        return Hearing(self.writer, self._seal, self.countries, self._period.day_of)

    @cached_property
    def circumstances(self) -> CircumstanceReader:
        return CircumstanceReader(self.settings.least_visitors)

    @cached_property
    def _seal(self) -> CountSeal:
        return CountSeal(self.settings.secret_key)

    @cached_property
    def exporter(self) -> Exporter:
        return Exporter(self.reader, self._period, self.settings.export_days)

    @cached_property
    def manifests(self) -> ManifestMaker:
        return ManifestMaker(self.certificate_key)

    @cached_property
    def exported_files(self) -> SealedFiles:
        return SealedFiles(self.settings.exports_dir / "prepared", self.ring)

    @cached_property
    def places(self) -> Places:
        return Places(self.settings.exports_dir / "scheduled", self.settings)

    @cached_property
    def scheduling(self) -> Scheduling:
        return Scheduling(self.places, self._period, self.settings.operating_days)

    @cached_property
    def export_runner(self) -> ExportRunner:
        return ExportRunner(
            self.exporter,
            self.exported_files,
            self.places,
            self.manifests,
            self.scheduling,
            self.settings.export_link_hours,
        )

    @cached_property
    def reviewer(self) -> Reviewer:
        settings = self.settings
        return Reviewer(
            self._engine,
            self.certificate_key,
            ZoneInfo(settings.zone),
            settings.log_review_days,
            self._open_copies,
        )

    def _open_copies(self, since: datetime, until: datetime) -> list[OpenCopy]:
        """Joins reviews to the ledger of exports, two rooms that are strangers."""
        found = open_copies_of(self._engine, since, until)
        return [
            OpenCopy(each.reference, each.owner, each.made_at, each.expires_at) for each in found
        ]

    @cached_property
    def checks(self) -> Checks:
        lag, lag_here = (
            partial(lag_seconds, self._engine, place, self.ring, self._period)
            for place in (self._archive, None)
        )
        return Checks(
            self.settings,
            {"main": self._engine, "archive": self._archive},
            self.ring,
            self.metrics,
            lag,
            lag_here,
            self.days.lags_seconds,
            partial(count_overdue, self._engine),
            partial(failing_schedules, self._engine),
            self.reviewer.count_overdue,
        )


def build_house(app: Flask, settings: Settings) -> House:
    """Returns the parts of an application whose databases are known to it."""
    with app.app_context():
        engine, archive = database.db.engine, database.db.engines[database.ARCHIVE]
    house = House(settings, engine, archive, Path(app.static_folder or ""))
    app.extensions["consent_server"] = house
    return house


def house_of(app: Flask) -> House:
    """Returns the parts of an application."""
    house = app.extensions["consent_server"]
    assert isinstance(house, House)
    return house
