"""Moves a day out of SQLite, piece by piece, through the one writer.

The main database has one lock for writing. The archive is written first, without it and without a
commit; under it the archive commits and the rows go, so visitors wait for that only. A row that was
erased between reading and locking is taken out of the archive before the commit. `secure_delete`
overwrites what goes, the WAL is moved along in between and truncated at the end.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Final

from sqlalchemy import Connection, delete, select

from consent_server import clock
from consent_server.pace import Pace
from consent_server.retention.moving import (
    ARCHIVED,
    VISITS,
    Piece,
    Rows,
    archive_id,
    by_site,
    copy_into,
)
from consent_server.storage import sqlite
from consent_server.visits.days import add_archived

_PIECE_ROWS: Final = 250  # holds the lock for writing for five milliseconds on a quiet machine
_PIECES_PER_CHECKPOINT: Final = 8
_WAL_LIMIT_BYTES: Final = 64_000_000  # more than that is left to the next run
_READERS_SECONDS: Final = 2.0  # what a page of an export or of the console may take


class MoveOnSqlite:
    """Moves days; `moved` counts visits."""

    def __init__(self, piece: Piece, go_on: Callable[[], bool], pace: Pace) -> None:
        self._piece = piece
        self._go_on = go_on
        self._pace = pace
        self.moved = 0

    def move(self, day: date, end: datetime) -> bool:
        """Moves the visits of a day that end at one instant; returns whether none is left."""
        pieces = 0
        self._piece.keeper.ensure(end)
        while rows := self._next(day, end):
            if not self._go_on() or not self._move(day, end, rows):
                return False
            pieces += 1
            if pieces % _PIECES_PER_CHECKPOINT == 0 and not self._keeps_wal_small():
                return False
            self._pace.rest()
        sqlite.truncate_wal(self._piece.engine, _READERS_SECONDS)
        return True

    def _keeps_wal_small(self) -> bool:
        """Moves the WAL into the database; returns False when a long reader makes it grow."""
        engine = self._piece.engine
        return sqlite.move_wal(engine) or sqlite.wal_bytes(engine) < _WAL_LIMIT_BYTES

    def _next(self, day: date, end: datetime) -> Rows:
        query = (
            select(VISITS)
            .where(VISITS.c.gone_at == end, VISITS.c.day == day)
            .order_by(VISITS.c.id)
            .limit(_PIECE_ROWS)
        )
        with self._piece.engine.connect() as connection:
            return connection.execute(query).all()

    def _move(self, day: date, end: datetime, rows: Rows) -> bool:
        with self._piece.archive.execution_options(writes=True).connect() as archive:
            copy_into(archive, end, rows)
            moved = self._piece.writer.run(lambda main: _finish(main, archive, day, end, rows))
        self.moved += moved or 0
        return moved is not None


def _finish(
    main: Connection, archive: Connection, day: date, end: datetime, rows: Rows
) -> int | None:
    """Under the lock of the main database: commits the archive and removes the rows.

    Returns how many moved, None when their instant has come: what is not committed is not there.
    """
    ids = [row.id for row in rows]
    left = set(main.scalars(select(VISITS.c.id).where(VISITS.c.id.in_(ids))))
    erased = [archive_id(row) for row in rows if row.id not in left]
    if erased:
        archive.execute(delete(ARCHIVED).where(ARCHIVED.c.id.in_(erased)))
    if clock.now() >= end:
        return None
    archive.commit()
    main.execute(delete(VISITS).where(VISITS.c.id.in_(left)))
    add_archived(main, day, by_site([row for row in rows if row.id in left]))
    return len(left)
