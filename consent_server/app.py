"""Builds the Flask application out of the rooms; the only place where they are joined."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from flask import Flask

from consent_server import admin, operators
from consent_server.banner import views as banner_views
from consent_server.banner.document import BannerDocuments
from consent_server.config import Settings
from consent_server.consents import views as consent_views
from consent_server.consents.services import ConsentRecorder
from consent_server.jobs.scheduler import Scheduler
from consent_server.keys.ring import KeyRing
from consent_server.policies import views as policy_views
from consent_server.policies.directory import PolicyDirectory
from consent_server.reports.exports import Exporter
from consent_server.retention.services import Retention
from consent_server.signing import Signatures
from consent_server.sites.directory import SiteDirectory
from consent_server.storage import database
from consent_server.storage.writer import Writer
from consent_server.subjects import views as subject_views
from consent_server.subjects.services import PreferenceCentre
from consent_server.visits import views as visit_views
from consent_server.visits.services import VisitReader, VisitRecorder
from consent_server.web import csrf, headers, health, languages, problems, sessions
from consent_server.web.country import Countries
from consent_server.web.limiter import RateLimiter


@dataclass(frozen=True, slots=True)
class House:
    """The parts of one running application, for its doors: commands, jobs and tests."""

    settings: Settings
    signatures: Signatures
    ring: KeyRing
    writer: Writer
    sites: SiteDirectory
    policies: PolicyDirectory
    countries: Countries
    limiter: RateLimiter
    documents: BannerDocuments
    consents: ConsentRecorder
    visits: VisitRecorder
    reader: VisitReader
    exporter: Exporter
    retention: Retention


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
    for init in (sessions.init_app, problems.init_app, languages.init_app):
        init(app)
    csrf.init_app(app)
    headers.init_app(app, settings)
    operators.init_app(app, settings)
    admin.init_app(app, settings, house.exporter, house.reader, house.documents)
    _register_routes(app, house)
    if settings.scheduler:
        Scheduler(app, settings, house.retention).start()
    return app


def house_of(app: Flask) -> House:
    """Returns the parts of an application."""
    house = app.extensions["consent_server"]
    assert isinstance(house, House)
    return house


def _build(app: Flask, settings: Settings) -> House:
    with app.app_context():
        engine = database.db.engine
    writer = Writer(engine, queue_limit=settings.queue_limit)
    signatures, ring = Signatures(settings.secret_key), KeyRing(settings.keys_dir)
    policies, reader = PolicyDirectory(), VisitReader(ring)
    return House(
        settings=settings,
        signatures=signatures,
        ring=ring,
        writer=writer,
        sites=SiteDirectory(),
        policies=policies,
        countries=Countries(settings),
        limiter=RateLimiter.of(settings, engine),
        documents=BannerDocuments(Path(app.static_folder or ""), settings, policies),
        consents=ConsentRecorder(writer, policies, signatures, settings.choice_days),
        visits=VisitRecorder(writer, ring, signatures, settings.visit_period),
        reader=reader,
        exporter=Exporter(reader),
        retention=Retention(writer, ring, settings.visit_period),
    )


def _register_routes(app: Flask, house: House) -> None:
    centre = PreferenceCentre(house.policies, house.consents)
    for routes in (
        health.blueprint(),
        banner_views.blueprint(house.settings, house.sites, house.documents, house.countries),
        consent_views.blueprint(house.settings, house.sites, house.consents, house.limiter),
        visit_views.blueprint(house.settings, house.sites, house.visits, house.limiter),
        policy_views.blueprint(house.settings, house.sites, house.limiter),
        subject_views.blueprint(house.settings, house.sites, centre, house.limiter),
    ):
        app.register_blueprint(routes)
    for guarded_by_origin in ("consents", "visits", "subjects"):
        csrf.exempt(app, guarded_by_origin)


def _shipped(name: str) -> Path:
    """Returns a folder of shipped files: inside the installed package, or beside it in a clone."""
    here = Path(__file__).parent
    return here / name if (here / name).is_dir() else here.parent / name
