"""What the server loads in each of its worker processes: the application, ready for the first load.

Sites, notices and the tables of devices are loaded before the first request asks for them, so that
pages get their script also from a worker that has answered nothing yet when the database goes away.
The key ring is compared with what the database saw of it.
Whatever is made once and lives as long as the process is taken out of the garbage collector's
sight, so that a collection under load looks only at what requests leave behind.
"""

from __future__ import annotations

import gc
import logging

from flask import Flask

from consent_server import stopping
from consent_server.app import create_app
from consent_server.config import Settings
from consent_server.errors import ConfigError, Unavailable
from consent_server.house import house_of
from consent_server.storage.revision import OUTAGES
from consent_server.visits import device
from consent_server.watching import logs
from consent_server.web.one_core import OneCore

_log = logging.getLogger(__name__)


def application() -> Flask:
    """Returns the application of one worker, which logs as the settings say."""
    stopping.hear_in_worker()
    settings = Settings.from_environ()
    logs.configure(settings.log_level, settings.log_format)
    app = create_app(settings)
    if settings.one_core and settings.database_url.startswith("sqlite"):
        app.wsgi_app = OneCore(app.wsgi_app)  # type: ignore[method-assign]
    warm(app)
    gc.collect()
    gc.freeze()
    return app


def warm(app: Flask) -> None:
    """Loads what every request needs; a database that is away now is asked again by requests."""
    device.warm()
    house = house_of(app)
    try:
        house.ring.mark()
    except (Unavailable, ConfigError, OSError) as error:
        _log.warning("the key ring cannot be used yet: %s", error)
    try:
        house.sites.warm()
        house.policies.warm()
    except OUTAGES as error:
        _log.warning("sites and notices could not be loaded yet: %s", type(error).__name__)
