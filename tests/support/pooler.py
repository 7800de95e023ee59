"""A real pgbouncer in transaction mode before the tests' PostgreSQL, on a loopback port."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from support.postgres import Postgres, free_port, unprivileged_account
from support.prepared import Prepared

_PATIENCE_SECONDS = 20
_SERVER_CONNECTIONS = 4  # to each database: fewer than the clients, so that they are shared


class Pooler:
    """One pgbouncer; what its clients leave behind on a connection, the next client finds."""

    def __init__(self, program: tuple[str, str], folder: Path, server: str) -> None:
        self.port = free_port()
        self._settings = folder / "pgbouncer.ini"
        self._settings.write_text(
            f"[databases]\n* = host=127.0.0.1 port={server} user=tests\n[pgbouncer]\n"
            f"listen_addr = 127.0.0.1\nlisten_port = {self.port}\nunix_socket_dir =\n"
            "auth_type = any\npool_mode = transaction\n"
            f"default_pool_size = {_SERVER_CONNECTIONS}\nmax_client_conn = 200\n"
        )
        self._settings.chmod(0o644)
        folder.chmod(0o755)
        account = unprivileged_account()
        command = [program[0], *(["-u", account] if account else []), str(self._settings)]
        self._process = subprocess.Popen(
            command,
            env={**os.environ, **({"LD_LIBRARY_PATH": program[1]} if program[1] else {})},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
        )

    def wait(self, database: str) -> None:
        """Waits until it lets somebody through."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            try:
                psycopg.connect(self.url(database), prepare_threshold=None).close()
            except psycopg.OperationalError:
                time.sleep(0.02)
            else:
                return
        raise RuntimeError("pgbouncer did not start")

    def stop(self) -> None:
        """Ends it."""
        self._process.terminate()
        self._process.wait()

    def url(self, database: str) -> str:
        """Returns the URL of a database behind it."""
        return f"postgresql://tests@127.0.0.1:{self.port}/{database}"


@pytest.fixture(scope="module")
def pooler(prepared: Prepared, postgres: Postgres) -> Iterator[Pooler]:
    """A running pooler for the tests of one file."""
    folder = Path(tempfile.mkdtemp(prefix="consent-pgbouncer-"))
    server = urlsplit(postgres.url("postgres"))
    pooler = Pooler(prepared.pgbouncer, folder, str(server.port))
    try:
        pooler.wait("postgres")
        yield pooler
    finally:
        pooler.stop()
        shutil.rmtree(folder)
