"""Starts the production server: granian, with as many workers as the database bears.

SQLite has exactly one writing process; a second one would starve the first in the busy handler.
The jobs run inside the workers, one of them at a time (jobs.lease). A worker that dies is replaced
while the others serve; one that dies again within seconds ends the service with a status of 1, so
that whoever watches it sees a fault that a new process does not cure.
"""

from __future__ import annotations

import os
import socket

import click
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from consent_server.config import Settings
from consent_server.errors import CommandError
from consent_server.keys.ring import KeyRing
from consent_server.storage.migrate import HISTORIES, is_current, migration_engine
from consent_server.storage.soundness import check_databases
from consent_server.web.country import Countries

_BLOCKING_THREADS = 16  # lets a batch form; more only hand the interpreter lock around
_BACKLOG = 1024
_STOPPING_SECONDS = 10  # then a worker that hangs is ended; whom it owes an answer sends again


def serve(
    settings: Settings,
    *,
    host: str,
    port: int,
    workers: int | None,
    application: str = "consent_server.app:create_app",
) -> None:
    """Serves until stopped. Raises CommandError when the databases are not ready."""
    is_sqlite = settings.database_url.startswith("sqlite")
    if is_sqlite and (workers or 1) > 1:
        raise CommandError("SQLite has one writing process: use --workers 1, or PostgreSQL.")
    Countries(settings)  # an unreadable database is named here: workers would only die
    check(settings)
    check_port(host, port)
    os.environ["CONSENT_SCHEDULER"] = "on"
    click.echo(f"serving on http://{host}:{port} (stop with Ctrl-C)")
    Granian(
        application,
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers or (1 if is_sqlite else os.cpu_count() or 1),
        blocking_threads=_BLOCKING_THREADS,
        backlog=_BACKLOG,
        respawn_failed_workers=True,
        workers_kill_timeout=_STOPPING_SECONDS,
        websockets=False,
        log_level=LogLevels.error,
        log_access=False,  # an access log of ours would be a second visit log
    ).serve()


def check_port(host: str, port: int) -> None:
    """Raises CommandError where a worker, unread by anyone, would only die."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(f"Cannot listen on {host} port {port}: {error.strerror}.") from error


def check(settings: Settings, *, thoroughly: bool = False) -> None:
    """Looks at databases and key ring before anything is served from them; prints warnings.

    Raises CommandError or ConfigError, with one line that says what to do.
    """
    for warning in check_databases(settings, thoroughly=thoroughly):
        _warn(warning)
    _check_schema(settings)
    for day in KeyRing(settings.keys_dir).damaged_days():
        _warn(
            f"the key of {day} is damaged: visits of that day cannot be read, nor kept if it is "
            f"today. Put back {settings.keys_dir}/days/{day}.key, or move it away."
        )


def _warn(line: str) -> None:
    click.echo(f"consent-server: warning: {line}", err=True)


def _check_schema(settings: Settings) -> None:
    for history in HISTORIES:
        engine = migration_engine(settings, history)
        try:
            if not is_current(engine, history):
                raise CommandError(
                    f"The {history} database is not ready; run `consent-server init` first."
                )
        finally:
            engine.dispose()
