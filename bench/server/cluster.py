"""A PostgreSQL server of our own on a real disk, durable: a commit is on disk when it is told.

The one that the tests use (tools/prepare.py) or the machine's; loopback only. Settings differ from
the defaults only where said in `_SETTINGS`.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psycopg

from bench.deployment import free_port, prepared

_SETTINGS: Final = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "512MB",  # the default of 128 MB is for machines of 1 GB
    "max_wal_size": "4GB",  # no checkpoint in the middle of a contender's four seconds
    "checkpoint_timeout": "30min",
}
_PATIENCE_SECONDS = 30


class Cluster:
    """A running server; databases are made by name."""

    def __init__(self, folder: Path) -> None:
        self._bin = Path(prepared()["postgres_bin"])
        self._folder = folder / "cluster"
        self._folder.mkdir()
        self._account = _unprivileged_account()
        if self._account:
            shutil.chown(self._folder, self._account)
        self._port = free_port()
        subprocess.run(
            [self._bin / "initdb", "-D", self._folder, "-U", "bench", "-A", "trust", "-E", "UTF8",
             "--locale=C.UTF-8"], check=True, capture_output=True, cwd="/", user=self._account,
        )  # fmt: skip

    @contextmanager
    def running(self) -> Iterator[Cluster]:
        """Serves until the block ends."""
        said = [word for name, value in _SETTINGS.items() for word in ("-c", f"{name}={value}")]
        process = subprocess.Popen(
            [self._bin / "postgres", "-D", self._folder, "-p", str(self._port),
             "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", *said],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", user=self._account,
        )  # fmt: skip
        try:
            self._wait()
            yield self
        finally:
            process.terminate()
            process.wait(_PATIENCE_SECONDS)

    def new_database(self, name: str) -> str:
        """Makes an empty database; returns its URL."""
        self.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def url(self, database: str) -> str:
        return f"postgresql://bench@127.0.0.1:{self._port}/{database}"

    def settle(self) -> None:
        """Writes to disk what earlier contenders left, so that nobody pays for another."""
        self.execute("CHECKPOINT")

    def execute(self, statement: str, database: str = "postgres") -> None:
        """Runs one statement outside a transaction."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute(statement.encode())

    def facts(self) -> dict[str, str]:
        """Returns the version and what makes it durable, as the server itself says."""
        names = ("server_version", *_SETTINGS)
        with psycopg.connect(self.url("postgres")) as connection:
            return {
                name: str(connection.execute(f"SHOW {name}".encode()).fetchone()[0])  # type: ignore[index]  # SHOW has one row
                for name in names
            }

    def _wait(self) -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=2).close()
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
            else:
                return


def _unprivileged_account() -> str | None:
    """Returns an account to run as; PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"
