"""Removes expired visits from one database so that no trace stays in its files.

SQLite: rows go in small transactions of the one writer, between its batches (with `secure_delete`
the pages are overwritten); meanwhile the WAL is moved into the database piece by piece, so that it
stays small, and is truncated at the end, and the result row of that is looked at. PostgreSQL: an
expired partition is truncated and dropped (storage.truncation); what its own log keeps is
ciphertext whose key is destroyed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Engine, Table, delete, func, select, tuple_

from consent_server.storage import sqlite
from consent_server.storage.truncation import truncate_expired

_CHUNK_ROWS: Final = 1500  # one transaction; keeps the write lock for three milliseconds
_PAUSE_SECONDS: Final = 0.001  # between two, in which the writer serves whoever waits
_CHUNKS_PER_CHECKPOINT: Final = 4
_WAL_LIMIT_BYTES: Final = 64_000_000  # more than that is left to the next run
_READERS_SECONDS: Final = 2.0  # what a page of an export or of the console may take

Run = Callable[[Callable[[Connection], int]], int]


def remove_expired(engine: Engine, table: Table, now: datetime, run: Run) -> int:
    """Destroys every row whose `gone_at` has come; returns how many.

    run: carries out one piece of work in a transaction of its own (SQLite only). May be repeated
    and cut off at any point; the next call goes on.
    """
    if engine.dialect.name == "postgresql":
        return truncate_expired(engine, table.name, now)
    return _remove(engine, table, table.c.gone_at <= now, run)


def forget_ids(engine: Engine, table: Table, before: date, run: Run) -> None:
    """Removes the ids by which repeated reports of earlier days were known (SQLite only)."""
    if engine.dialect.name == "sqlite":
        _remove(engine, table, table.c.day < before, run)


def scrub(engine: Engine) -> bool:
    """Makes removed rows vanish from the files; returns False if a reader was in the way."""
    if engine.dialect.name == "postgresql":
        return True
    return sqlite.truncate_wal(engine, _READERS_SECONDS)


def count_expired(engine: Engine, table: Table, now: datetime) -> int:
    """Returns how many rows exist whose last instant has passed."""
    with engine.connect() as connection:
        query = select(func.count()).select_from(table).where(table.c.gone_at <= now)
        return int(connection.execute(query).scalar_one())


def count_by_end(engine: Engine, table: Table) -> dict[datetime, int]:
    """Returns how many rows have which last instant."""
    with engine.connect() as connection:
        query = select(table.c.gone_at, func.count()).group_by(table.c.gone_at)
        return {row[0]: row[1] for row in connection.execute(query)}


def in_own_transaction(engine: Engine) -> Run:
    """Returns a runner that uses a connection of its own, for a database without a writer."""

    def run(work: Callable[[Connection], Any]) -> Any:
        with engine.execution_options(writes=True).begin() as connection:
            return work(connection)

    return run


def _remove(engine: Engine, table: Table, doomed: ColumnElement[bool], run: Run) -> int:
    removed = chunks = 0
    while count := run(lambda connection: _remove_chunk(connection, table, doomed)):
        removed, chunks = removed + count, chunks + 1
        if count < _CHUNK_ROWS:
            break
        if chunks % _CHUNKS_PER_CHECKPOINT == 0 and not _keeps_wal_small(engine):
            break
        time.sleep(_PAUSE_SECONDS)
    return removed


def _keeps_wal_small(engine: Engine) -> bool:
    """Moves the WAL into the database; returns False when a long reader makes it grow and grow."""
    if sqlite.move_wal(engine) or sqlite.wal_bytes(engine) < _WAL_LIMIT_BYTES:
        return True
    return sqlite.truncate_wal(engine, _READERS_SECONDS)


def _remove_chunk(connection: Connection, table: Table, doomed: ColumnElement[bool]) -> int:
    key = tuple_(*table.primary_key)
    chunk = select(*table.primary_key).where(doomed).limit(_CHUNK_ROWS)
    return connection.execute(delete(table).where(key.in_(chunk))).rowcount
