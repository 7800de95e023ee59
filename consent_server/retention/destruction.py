"""Removes expired visits from one database so that no trace stays in its files.

SQLite: rows go in small transactions of the one writer, between its batches (with `secure_delete`
the pages are overwritten); meanwhile the WAL is moved into the database piece by piece, so that it
stays small, and is truncated at the end, and the result row of that is looked at. PostgreSQL: an
expired partition is truncated and dropped (storage.partitions); what its own log keeps is
ciphertext whose key is destroyed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Engine, Table, delete, func, select, tuple_

from consent_server import clock
from consent_server.retention.traces import Limit
from consent_server.storage import sqlite
from consent_server.storage.partitions.truncation import truncate_expired

_CHUNK_ROWS: Final = 1000  # one transaction; keeps the write lock for two milliseconds
_PAUSE_SECONDS: Final = 0.001  # between two, in which the writer serves whoever waits
_CHUNKS_PER_CHECKPOINT: Final = 4
_WAL_LIMIT_BYTES: Final = 64_000_000  # more than that is left to the next run
_RESERVE: Final = 0.1  # of all pages; a day is a ninetieth of them
_CHUNK_PAGES: Final = 24  # one transaction, of a millisecond
_PAGES_PER_CHECKPOINT: Final = 8 * _CHUNK_PAGES
_GIVING_BACK_SECONDS: Final = 5.0  # of one run
_READERS_SECONDS: Final = 2.0  # what a page of an export or of the console may take

Run = Callable[[Callable[[Connection], Any]], Any]  # gives what the work gives


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


def give_back(engine: Engine, run: Run) -> int:
    """Gives the disk room of removed rows back, in small pieces; returns how many bytes (SQLite).

    A reserve stays, which the visits of the next days fill; what is beyond a second's work is left
    to the next run. On PostgreSQL the room went with the partition.
    """
    if engine.dialect.name == "postgresql":
        return 0
    before, free = sqlite.page_counts(engine)
    wanted = free - int(before * _RESERVE)
    deadline = time.monotonic() + _GIVING_BACK_SECONDS
    for chunk in range(0, max(wanted, 0), _CHUNK_PAGES):
        if time.monotonic() > deadline:
            break
        if chunk % _PAGES_PER_CHECKPOINT == 0 and not _keeps_wal_small(engine):
            break
        run(partial(sqlite.free_pages, pages=_CHUNK_PAGES))
        clock.pause(_PAUSE_SECONDS)
    after, _ = sqlite.page_counts(engine)
    if after < before:
        sqlite.move_wal(engine)  # the file shrinks with this
    return (before - after) * sqlite.PAGE_BYTES


def count_older(engine: Engine, table: Table, limit: Limit) -> int:
    """Returns how many rows exist that are too old."""
    is_older = (
        table.c.recorded_at < limit.instant
        if limit.by_record_time
        else table.c.gone_at <= limit.instant
    )
    with engine.connect() as connection:
        query = select(func.count()).select_from(table).where(is_older)
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
        clock.pause(_PAUSE_SECONDS)
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
