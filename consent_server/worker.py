"""What the server loads in each of its worker processes: the application, ready for the first load.

The tables of devices are loaded before the first visit asks for them. Whatever is made once and
lives as long as the process is taken out of the garbage collector's sight, so that a collection
under load looks only at what requests leave behind.
"""

from __future__ import annotations

import gc

from flask import Flask

from consent_server.app import create_app
from consent_server.config import Settings
from consent_server.visits import device
from consent_server.watching import logs
from consent_server.web.one_core import OneCore


def application() -> Flask:
    """Returns the application of one worker, which logs as the settings say."""
    settings = Settings.from_environ()
    logs.configure(settings.log_level, settings.log_format)
    app = create_app(settings)
    if settings.one_core and settings.database_url.startswith("sqlite"):
        app.wsgi_app = OneCore(app.wsgi_app)  # type: ignore[method-assign]
    device.warm()
    gc.collect()
    gc.freeze()
    return app
