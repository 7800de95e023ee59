"""Builds the Flask application around the parts of `house`: its doors, its routes, its jobs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Flask

from consent_server import admin, operators
from consent_server.banner import views as banner_views
from consent_server.config import Settings
from consent_server.consents import views as consent_views
from consent_server.contract import views as contract_views
from consent_server.errors import TokenMissing
from consent_server.house import House, build_house
from consent_server.jobs.scheduler import Scheduler
from consent_server.operators import passkey_views
from consent_server.operators import views as operator_views
from consent_server.operators.tokens import machine_of
from consent_server.policies import views as policy_views
from consent_server.reports import views as report_views
from consent_server.setups import views as setup_views
from consent_server.storage import database
from consent_server.subjects import my_data
from consent_server.subjects import views as subject_views
from consent_server.visits import views as visit_views
from consent_server.visits.device import device_of
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
from consent_server.web.intake import Doors, Intake
from consent_server.web.observed import Observed

if TYPE_CHECKING:
    pass


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
    house = build_house(app, settings)
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
        policy_views.blueprint(settings, sites, limiter, house.kept_for),
        setup_views.blueprint(),
        subject_views.blueprint(settings, sites, house.preferences, limiter),
        my_data.blueprint(settings, sites, house.own_data, limiter),
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
