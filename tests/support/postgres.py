"""A real PostgreSQL cluster of our own, in a temporary folder, on a loopback port."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest

from support.prepared import Prepared

_PATIENCE_SECONDS = 30
_MEMORY = Path("/dev/shm")  # noqa: S108  # the system's own file system in memory
_ROOM_BYTES = 1 << 30  # a cluster takes 75 MB at most; the rest is for its log of changes


class Postgres:
    """One cluster; databases are made by name. Ends only what it started."""

    def __init__(self, bin_folder: Path, folder: Path) -> None:
        self._bin = bin_folder
        self._cluster = folder / "cluster"
        self._account = unprivileged_account()
        self._port = free_port()
        self._count = 0
        self._process: subprocess.Popen[bytes] | None = None
        if self._account:
            shutil.chown(folder, self._account)
            folder.chmod(0o755)
        self._make()

    @cached_property
    def _copying(self) -> str:
        """How a database is copied: file by file costs half of what pages and their log cost.

        Before version 15 that was the only way, and had no name.
        """
        [(version,)] = self.ask("SHOW server_version_num")
        return " STRATEGY file_copy" if int(version) >= 150_000 else ""

    def _make(self) -> None:
        self._run("initdb", "-D", str(self._cluster), "-U", "tests", "-A", "trust", "-E", "UTF8",
                  "--no-sync", "--locale=C.UTF-8")  # fmt: skip

    @property
    def log(self) -> Path:
        """The folder of its log of changes (WAL)."""
        return self._cluster / "pg_wal"

    @property
    def folder(self) -> Path:
        """The data directory: tables, its own log of changes, and what it writes down."""
        return self._cluster

    def configure(self, text: str) -> None:
        """Adds lines to its settings; before it is started."""
        with (self._cluster / "postgresql.conf").open("a") as file:
            file.write(text)

    def start(self) -> None:
        """Starts the server and waits until it answers."""
        self._process = subprocess.Popen(
            [self._bin / "postgres", "-D", self._cluster, "-p", str(self._port),
             "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
             "-c", "fsync=off"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            user=self._account,
        )  # fmt: skip
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            try:
                psycopg.connect(self._dsn("postgres"), connect_timeout=2).close()
            except psycopg.OperationalError:
                time.sleep(0.02)
            else:
                return
        raise RuntimeError("PostgreSQL did not start")

    def stop(self) -> None:
        """Stops the server at once, as a crash of its machine would."""
        if self._process is not None:
            self._process.send_signal(3)  # SIGQUIT: immediate shutdown
            self._process.wait()
            self._process = None

    def hang(self) -> None:
        """Stops all its processes in mid-air: connections stay open and are answered by nobody."""
        self._signal_all(signal.SIGSTOP)

    def go_on(self) -> None:
        """Lets them run again."""
        self._signal_all(signal.SIGCONT)

    def ask(self, query: LiteralString, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Returns the rows of a query, asked as the owner of the cluster."""
        with psycopg.connect(self._dsn(database), autocommit=True) as connection:
            return connection.execute(query).fetchall()

    def locked(self, table: str, database: str) -> AbstractContextManager[object]:
        """A context in which nobody else reads or writes a table."""
        connection = psycopg.connect(self._dsn(database))
        connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE".encode())
        return connection

    def _signal_all(self, how: signal.Signals) -> None:
        assert self._process is not None
        first = self._process.pid
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        for process in (first, *map(int, children)):
            os.kill(process, how)

    def new_database(self, template: str | None = None) -> str:
        """Makes a database, a copy of `template` if given; returns its name."""
        self._count += 1
        name = f"tests_{os.getpid()}_{self._count}"
        copied = f" TEMPLATE {template}{self._copying}" if template else ""
        with psycopg.connect(self._dsn("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}{copied}".encode())
        return name

    def drop_database(self, name: str) -> None:
        """Removes a database with whatever is still connected to it."""
        with psycopg.connect(self._dsn("postgres"), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())

    def url(self, database: str) -> str:
        """Returns the URL of a database as an operator would write it."""
        return f"postgresql://tests@127.0.0.1:{self._port}/{database}"

    def _dsn(self, database: str) -> str:
        return f"host=127.0.0.1 port={self._port} user=tests dbname={database}"

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self._bin / program, *arguments],
            check=True,
            capture_output=True,
            cwd="/",
            user=self._account,
        )


class Replica(Postgres):
    """A streaming replica of a running cluster: readable, a moment behind."""

    def __init__(self, bin_folder: Path, folder: Path, primary: Postgres) -> None:
        self._primary = primary
        super().__init__(bin_folder, folder)

    @cached_property
    def _copying(self) -> str:
        """How a database is copied: file by file costs half of what pages and their log cost.

        Before version 15 that was the only way, and had no name.
        """
        [(version,)] = self.ask("SHOW server_version_num")
        return " STRATEGY file_copy" if int(version) >= 150_000 else ""

    def _make(self) -> None:
        self._run("pg_basebackup", "-D", str(self._cluster), "-d", self._primary._dsn("postgres"),
                  "-R", "--no-sync", "-c", "fast", "-X", "stream")  # fmt: skip

    def pause(self, *, is_paused: bool) -> None:
        """Stops to follow the primary, or goes on."""
        verb = "pause" if is_paused else "resume"
        with psycopg.connect(self._dsn("postgres"), autocommit=True) as connection:
            connection.execute(f"SELECT pg_wal_replay_{verb}()".encode())

    def catch_up(self) -> None:
        """Waits until it has all that the primary has committed so far."""
        with psycopg.connect(self._primary._dsn("postgres")) as primary:
            [position] = primary.execute("SELECT pg_current_wal_lsn()").fetchone() or [""]
        deadline = time.monotonic() + _PATIENCE_SECONDS
        query = "SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn"
        with psycopg.connect(self._dsn("postgres"), autocommit=True) as replica:
            while replica.execute(query, [position]).fetchone() != (True,):
                if time.monotonic() > deadline:
                    raise RuntimeError("the replica does not follow")
                time.sleep(0.01)


def free_port() -> int:
    """Returns a loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _quick_place() -> Path | None:
    """Returns memory if there is room: a database is 300 files, made and removed by each test.

    On a disk these tests took almost three times as long. Containers may have only 64 MB.
    """
    is_roomy = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM_BYTES
    return _MEMORY if is_roomy and os.access(_MEMORY, os.W_OK) else None


def unprivileged_account() -> str | None:
    """Returns an account to run as; PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


@pytest.fixture
def make_postgres(prepared: Prepared) -> Iterator[Callable[[str], Postgres]]:
    """Makes running clusters of a test's own, with further settings."""
    made: list[tuple[Postgres, Path]] = []

    def make(settings: str) -> Postgres:
        folder = Path(tempfile.mkdtemp(prefix="consent-own-", dir=_quick_place()))
        cluster = Postgres(prepared.postgres_bin, folder)
        made.append((cluster, folder))
        cluster.configure(settings)
        cluster.start()
        return cluster

    yield make
    for cluster, folder in made:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(prepared: Prepared) -> Iterator[Postgres]:
    """A running cluster for all tests of this process."""
    folder = Path(tempfile.mkdtemp(prefix="consent-pg-", dir=_quick_place()))
    cluster = Postgres(prepared.postgres_bin, folder)
    cluster.start()
    yield cluster
    cluster.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def replica(prepared: Prepared, postgres: Postgres) -> Iterator[Replica]:
    """A running replica of the cluster for the tests of one file."""
    folder = Path(tempfile.mkdtemp(prefix="consent-replica-", dir=_quick_place()))
    replica = Replica(prepared.postgres_bin, folder, postgres)
    replica.start()
    yield replica
    replica.stop()
    shutil.rmtree(folder, ignore_errors=True)
