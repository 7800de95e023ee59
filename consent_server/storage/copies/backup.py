"""Copies both databases while the service runs; the copy of each is consistent in itself.

Neither the key ring nor the secret is ever part of it: visits in a backup are ciphertext, and die
with the key of their day wherever the backup lies. SQLite is copied by `VACUUM INTO`, which leaves
free pages behind; PostgreSQL by its own `pg_dump`.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from pathlib import Path

from sqlalchemy import Engine

from consent_server.config import Settings
from consent_server.errors import CommandError
from consent_server.storage.migrate import HISTORIES, migration_engine

NAMES = {"main": "consent", "archive": "archive"}  # of the files, without their endings


def back_up(settings: Settings, folder: Path) -> list[Path]:
    """Writes a copy of both databases into a new folder of mode 0700; returns the files.

    Raises CommandError when the folder exists, cannot be made, or a copy fails; then no folder is
    left.
    """
    try:
        folder.mkdir(mode=0o700)
    except OSError as error:
        raise CommandError(f"Cannot make {folder}: {error.strerror}.") from error
    try:
        return [_copy(settings, history, folder / NAMES[history]) for history in HISTORIES]
    except BaseException:
        shutil.rmtree(folder)
        raise


def _copy(settings: Settings, history: str, target: Path) -> Path:
    engine = migration_engine(settings, history)
    try:
        if engine.dialect.name == "sqlite":
            return _copy_sqlite(engine, target.with_suffix(".db"))
        return _dump_postgres(engine, target.with_suffix(".dump"))
    finally:
        engine.dispose()


def _copy_sqlite(engine: Engine, target: Path) -> Path:
    with engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        try:
            raw.execute("VACUUM INTO ?", (str(target),))
        except sqlite3.Error as error:  # the driver's own: a full disk, a damaged page
            raise CommandError(
                f"Cannot copy {engine.url.database} to {target}: {error}."
            ) from error
    return target


def _dump_postgres(engine: Engine, target: Path) -> Path:
    run_client(engine, "pg_dump", "--format=custom", "--no-unlogged-table-data", f"--file={target}")
    return target


def run_client(engine: Engine, name: str, *options: str) -> None:
    """Runs a program of PostgreSQL's own on a database; the password is on no command line.

    Raises CommandError when it is not there or fails.
    """
    program = shutil.which(name)
    if program is None:
        raise CommandError(f"{name} is not on PATH; it comes with the package postgresql-client.")
    address = engine.url.set(drivername="postgresql", password=None).render_as_string()
    result = subprocess.run(
        [program, *options, f"--dbname={address}"],
        env={**os.environ, "PGPASSWORD": engine.url.password or ""},
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        lines = result.stderr.strip().splitlines() or [f"it ended with {result.returncode}"]
        raise CommandError(f"{name} failed: {lines[-1]}")
