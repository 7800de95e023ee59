"""Puts a backup back, into databases that are empty; never overwrites and never mixes.

Both copies are looked at before either is put anywhere, and where the second fails the first is
taken away again. Nothing comes back to life: the key ring is in no backup, so visits whose day is
over stay ciphertext, and the next run of retention removes and certifies them.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Engine, inspect, text

from consent_server.config import Settings
from consent_server.errors import CommandError
from consent_server.storage.copies.backup import NAMES, run_client
from consent_server.storage.copies.soundness import check_origin
from consent_server.storage.migrate import HISTORIES, known_revisions, migration_engine
from consent_server.storage.partitions.keeper import PARTITIONED


def restore(settings: Settings, folder: Path) -> None:
    """Restores the files of `db backup` into the databases of the settings.

    Raises CommandError when a database exists already, a file is missing or damaged, or belongs to
    a newer version of this program; then nothing was changed.
    """
    engines = {history: migration_engine(settings, history) for history in HISTORIES}
    done: list[Engine] = []
    try:
        for history, engine in engines.items():
            _check_empty(engine, history)
            _check_copy(_file(engine, history, folder), history)
        for history, engine in engines.items():
            done.append(engine)
            _put(_file(engine, history, folder), engine)
            _check_restored(engine, history)
    except BaseException:
        for engine in done:
            _take_away(engine)
        raise
    finally:
        for engine in engines.values():
            engine.dispose()


def _file(engine: Engine, history: str, folder: Path) -> Path:
    ending = ".db" if engine.dialect.name == "sqlite" else ".dump"
    return (folder / NAMES[history]).with_suffix(ending)


def _check_empty(engine: Engine, history: str) -> None:
    if engine.dialect.name == "sqlite":
        path = Path(str(engine.url.database))
        if path.exists():
            raise CommandError(f"{path} exists; move it away first, it is not overwritten.")
    elif inspect(engine).get_table_names():
        raise CommandError(
            f"The {history} database {engine.url.database} has tables; name an empty one, "
            "it is not overwritten."
        )


def _check_copy(file: Path, history: str) -> None:
    if not file.is_file():
        raise CommandError(f"There is no {file}; a backup has one file for each database.")
    if file.suffix == ".db":
        _check_sqlite(file, history)


def _check_sqlite(file: Path, history: str) -> None:
    """Looks at every page without writing a byte beside the copy."""
    address = f"file:{quote(str(file.absolute()))}?immutable=1"
    try:
        with closing(sqlite3.connect(address, uri=True)) as connection:
            [found] = connection.execute("PRAGMA quick_check(1)").fetchone()
            revisions = {row[0] for row in connection.execute("SELECT * FROM alembic_version")}
    except sqlite3.Error as error:
        raise CommandError(f"{file} is damaged or no backup of ours: {error}.") from error
    if found != "ok":
        raise CommandError(f"{file} is damaged: {' '.join(str(found).split())}.")
    if not revisions or revisions - known_revisions(history):
        raise CommandError(f"{file} is of another database than {history}, or of a newer version.")


def _check_restored(engine: Engine, history: str) -> None:
    check_origin(engine, history)
    if not inspect(engine).has_table(PARTITIONED[history]):
        raise CommandError(f"The {history} file of this backup is of another database.")


def _put(file: Path, engine: Engine) -> None:
    if engine.dialect.name != "sqlite":
        options = ("--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges")
        run_client(engine, "pg_restore", *options, str(file))
        return
    target = Path(str(engine.url.database))
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        shutil.copyfile(file, draft)
        draft.chmod(0o600)
        with draft.open("rb") as copied:
            os.fsync(copied.fileno())
        os.link(draft, target)  # unlike a renaming, it never replaces a file
    except OSError as error:
        raise CommandError(f"Cannot write {target}: {error.strerror}.") from error
    finally:
        draft.unlink(missing_ok=True)


def _take_away(engine: Engine) -> None:
    """Empties a database that was empty before."""
    if engine.dialect.name == "sqlite":
        path = Path(str(engine.url.database))
        engine.dispose()
        for each in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
            each.unlink(missing_ok=True)
        return
    with engine.begin() as connection:
        for name in inspect(connection).get_table_names():
            connection.execute(text(f'DROP TABLE IF EXISTS "{name}" CASCADE'))
        for routine in connection.scalars(_ROUTINES).all():
            connection.execute(text(f"DROP ROUTINE {routine} CASCADE"))


_ROUTINES = text(
    "SELECT oid::regprocedure::text FROM pg_proc"
    " WHERE pronamespace = current_schema()::regnamespace"
)
