"""Looks at the databases before anything is served from them; damage is one line, never a surprise.

A damaged SQLite file often opens without complaint, and a garbled write-ahead log is passed over in
silence together with the records in it. So a start looks at both; `doctor --check` looks at every
page, and takes as long as that takes. PostgreSQL looks after its own pages.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect
from sqlalchemy.exc import DatabaseError, OperationalError

from consent_server.config import Settings
from consent_server.errors import CommandError
from consent_server.storage.copies import wal
from consent_server.storage.migrate import HISTORIES, known_revisions, migration_engine

_QUICK_BYTES: Final = 256 << 20  # 0.1 s from memory, 2 s from a slow disk; above it only `doctor`
_MAGIC: Final = b"SQLite format 3\0"
_RESTORE = (
    "restore the folder of your last `consent-server db backup`, "
    "or look closer with `consent-server doctor --check`"
)


def check_databases(settings: Settings, *, thoroughly: bool = False) -> Iterator[str]:
    """Looks at both databases; yields warnings, one line each.

    thoroughly: read every page of SQLite files. Raises CommandError for what cannot be served from:
    a damaged or foreign file, or a schema of a newer version. One that is not there yet is fine.
    """
    for history in HISTORIES:
        engine = migration_engine(settings, history)
        try:
            if engine.dialect.name == "sqlite":
                yield from _check_file(engine, history, thoroughly=thoroughly)
            check_origin(engine, history)
        finally:
            engine.dispose()


def check_origin(engine: Engine, history: str) -> None:
    """Raises CommandError when a database belongs to another program or a newer version of ours."""
    with engine.connect() as connection:
        revisions = set(MigrationContext.configure(connection).get_current_heads())
        tables = inspect(connection).get_table_names()
    if not revisions and set(tables) - {"alembic_version"}:
        raise CommandError(
            f"The {history} database ({_name(engine)}) belongs to another program: it has tables "
            f"but none of ours. Correct {_variable(history)}."
        )
    if unknown := revisions - known_revisions(history):
        raise CommandError(
            f"The {history} database ({_name(engine)}) was made by a newer version of this program "
            f"(revision {', '.join(sorted(unknown))}). Install that version, or {_RESTORE}."
        )


def _check_file(engine: Engine, history: str, *, thoroughly: bool) -> Iterator[str]:
    path = Path(engine.url.database or "")
    if not path.exists():
        return
    _check_writable(path, history)
    _check_header(path, history)
    yield from _check_log(path, history)
    if thoroughly or path.stat().st_size <= _QUICK_BYTES:
        _check_pages(engine, history, "integrity_check" if thoroughly else "quick_check")


def _check_writable(path: Path, history: str) -> None:
    for place in (path.parent, path):  # SQLite keeps its log beside the file
        if not os.access(place, os.W_OK):
            raise CommandError(
                f"The {history} database cannot be written: {place} is read-only, or belongs to "
                "another account. Mount it writable, or give it to the account of this service."
            )


def _check_header(path: Path, history: str) -> None:
    with path.open("rb") as file:
        header = file.read(len(_MAGIC))
    if not header:
        raise CommandError(
            f"The {history} database {path} is empty, though it was there: {_RESTORE}; "
            "if it is new, remove the file and run `consent-server init`."
        )
    if header != _MAGIC:
        raise CommandError(
            f"The {history} database {path} is damaged or not SQLite at all: {_RESTORE}."
        )


def _check_log(path: Path, history: str) -> Iterator[str]:
    log = wal.look(wal.path_of(path))
    if log.is_damaged:
        raise CommandError(
            f"The write-ahead log {wal.path_of(path)} of the {history} database is damaged, and "
            f"the newest records with it: {_RESTORE}; to go on without them, move it away."
        )
    if log.lost_frames:
        yield (
            f"the write-ahead log of the {history} database has a damaged page, and "
            f"{log.lost_frames} after it are passed over. After a power cut that is what nobody "
            f"was told is kept; without one, {_RESTORE}."
        )


def _check_pages(engine: Engine, history: str, pragma: str) -> None:
    try:
        with engine.connect() as connection:
            found = connection.exec_driver_sql(f"PRAGMA {pragma}(1)").scalars().all()
    except OperationalError:
        raise  # locked or unreadable: not damaged
    except DatabaseError as error:
        found = [str(error.orig)]
    if found != ["ok"]:
        raise CommandError(
            f"The {history} database {engine.url.database} is damaged "
            f"({' '.join(str(found[0]).split())}): {_RESTORE}."
        )


def _name(engine: Engine) -> str:
    return engine.url.database or engine.url.render_as_string()


def _variable(history: str) -> str:
    return "CONSENT_DATABASE_URL" if history == "main" else "CONSENT_ARCHIVE_DATABASE_URL"
