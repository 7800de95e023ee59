"""Starts the production server: granian, with as many workers as the database bears.

SQLite has exactly one writing process; a second one would starve the first in the busy handler.
The jobs run inside the workers, one of them at a time (storage.leases). A worker that dies
is replaced while the others serve; one that dies again within seconds ends the service with a
status of 1, so that whoever watches it sees a fault that a new process does not cure.

Who sends nothing, or its head drop by drop, is cut off, and holds a connection meanwhile but no
thread. What granian cannot bound is the body: it is read by a thread, for as long as it takes, so
a proxy that reads bodies first stands in front of a service on the Internet (deploy/).
"""

from __future__ import annotations

import os
import resource
import socket
from contextlib import nullcontext
from typing import Any, Final

import click
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.common import AbstractServer

from consent_server import stopping
from consent_server.config import Settings
from consent_server.doctor import warning_of_snapshots, witness_of
from consent_server.errors import CommandError
from consent_server.keys.ring import KeyRing
from consent_server.storage.copies.soundness import check_databases
from consent_server.storage.migrate import HISTORIES, is_current, make_partitions, migration_engine
from consent_server.watching import logs
from consent_server.watching.traces import check_packages
from consent_server.watching.workers import shared_counts
from consent_server.web.country import Countries

_BLOCKING_THREADS = 32  # lets a batch form; measured: 16 a fifth slower, 64 no better
_BACKLOG = 1024
# Then a worker that waits for a hung database is ended; below systemd's 90.
_STOPPING_SECONDS: Final = 10
_CONNECTIONS: Final = 4096  # per worker, open at a time; further ones wait in the backlog
_FILES: Final = 65_536  # asked of the system: its usual 1,024 would end at a quarter of that
_OTHER_FILES: Final = 256  # databases, keys, modules
# Also the longest rest between two requests of a connection: a proxy must let go sooner. A phone
# that takes longer for one kilobyte has no use for a banner.
_HEAD_MILLISECONDS: Final = 10_000
_HEAD_BYTES: Final = 32_768  # as nginx allows; granian's own 408 kB times 4,096 would be 1.6 GB


def serve(
    settings: Settings,
    *,
    host: str,
    port: int,
    workers: int | None,
    application: str = "consent_server.worker:application",
) -> None:
    """Serves until stopped. Raises CommandError when the databases are not ready."""
    is_sqlite = settings.database_url.startswith("sqlite")
    if is_sqlite and (workers or 1) > 1:
        raise CommandError("SQLite has one writing process: use --workers 1, or PostgreSQL.")
    Countries(settings)  # an unreadable database is named here: workers would only die
    check(settings)
    make_partitions(settings)
    check_port(host, port)
    check_packages(settings)
    _dump_no_core()
    os.environ.setdefault("CONSENT_SCHEDULER", "on")
    logs.configure(settings.log_level, settings.log_format)
    count = workers or (1 if is_sqlite else os.cpu_count() or 1)
    click.echo(f"serving on http://{host}:{port} (stop with Ctrl-C)")
    with shared_counts(settings.home) if count > 1 else nullcontext():
        server = _server(application, host, port, count)
        server.on_startup(stopping.hear_in_server)
        server.serve()


def _server(application: str, host: str, port: int, workers: int) -> AbstractServer[Any]:
    return Granian(
        application,
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=_BLOCKING_THREADS,
        backlog=_BACKLOG,
        respawn_failed_workers=True,
        workers_kill_timeout=_STOPPING_SECONDS,
        backpressure=_connections(),
        http=HTTPModes.http1,  # else it waits without end for a first byte, to tell HTTP/2 by it
        http1_settings=HTTP1Settings(
            header_read_timeout=_HEAD_MILLISECONDS, max_buffer_size=_HEAD_BYTES
        ),
        websockets=False,
        log_level=LogLevels.error,
        log_dictconfig=logs.server_config(),
        log_access=False,  # an access log of ours would be a second visit log
    )


def check_port(host: str, port: int) -> None:
    """Raises CommandError where a worker, unread by anyone, would only die."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(f"Cannot listen on {host} port {port}: {error.strerror}.") from error


def _dump_no_core() -> None:
    """A core file would keep the keys that are in memory; the workers inherit this."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _connections() -> int:
    """Returns how many connections a worker may hold; each takes a file of the process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    if soft == resource.RLIM_INFINITY:
        return _CONNECTIONS
    return max(1, min(_CONNECTIONS, soft - _OTHER_FILES))


def check(settings: Settings, *, thoroughly: bool = False) -> None:
    """Looks at databases and key ring before anything is served from them; prints warnings.

    Raises CommandError or ConfigError, with one line that says what to do.
    """
    for warning in check_databases(settings, thoroughly=thoroughly):
        _warn(warning)
    _check_schema(settings)
    _check_ring(settings)


def _check_ring(settings: Settings) -> None:
    with witness_of(settings) as witness:
        for name in KeyRing(settings.keys_dir, witness=witness).damaged():
            _warn(
                f"the key of {name} is damaged: what it sealed cannot be read, and if it is of "
                "today, visits are refused. Put its file below "
                f"{settings.keys_dir}/generations back, or move it away."
            )
    if settings.is_production and not settings.keys_snapshots_off:
        _warn(warning_of_snapshots(settings.keys_dir))


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
