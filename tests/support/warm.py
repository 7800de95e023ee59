"""What the server behind `support.command` does before it forks a command: an application, once.

Importing costs 1.5 s and the first application another half: tables are mapped, routes compiled.
"""

from __future__ import annotations

import gc
import tempfile

from sqlalchemy.orm import configure_mappers

import consent_server.cli  # noqa: F401  # what each command is a part of
from consent_server.app import create_app
from consent_server.config import Settings
from consent_server.house import house_of
from support.routes import remember_routes

remember_routes()
with tempfile.TemporaryDirectory() as home:
    _house = house_of(create_app(Settings.from_environ({"CONSENT_HOME": home})))
    _house.writer.close()  # no thread may be left: a fork would lack it
    _house.limiter.close()
configure_mappers()
gc.collect()
gc.freeze()
