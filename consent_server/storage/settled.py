"""How far a table that only grows may be read by row number, so that no row comes below it later.

SQLite has one writer: row numbers are given inside its transaction, so the highest one that is
there is the mark. PostgreSQL gives numbers before it commits, so a lower one may still come from
another process. There the mark is what was the highest at an earlier look, and it holds once every
transaction of that time has ended. That asks nothing of whoever writes; a lock on the table would
make all decisions wait behind a long VACUUM.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Engine, Table, func, select, text

from consent_server import clock

_PAUSE_SECONDS: Final = 0.02
_PATIENCE_SECONDS: Final = 2.0  # above any transaction of ours

_SNAPSHOT = text(
    "SELECT pg_snapshot_xmin(snapshot)::text::bigint, pg_snapshot_xmax(snapshot)::text::bigint "
    "FROM pg_current_snapshot() AS snapshot"
)


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen. highest: row number. oldest_open, next_open: transactions (PostgreSQL)."""

    highest: int
    oldest_open: int = 0
    next_open: int = 0

    def settles(self, earlier: Look) -> bool:
        """Whether no row can come any more below what an earlier look saw."""
        return self.oldest_open >= earlier.next_open


def look_at(connection: Connection, table: Table) -> Look:
    """Looks at a table whose column `id` only grows; reads one entry of its index."""
    highest = int(connection.execute(select(func.max(table.c.id))).scalar_one() or 0)
    if connection.dialect.name == "sqlite":
        return Look(highest)
    # behind the highest number: a transaction that has one below was open before
    oldest_open, next_open = connection.execute(_SNAPSHOT).one()
    return Look(highest, oldest_open, next_open)


def settled_height(engine: Engine, table: Table) -> int:
    """Returns a row number up to which a table has all rows that it will ever have.

    Waits for transactions that are open at the moment, two seconds at most: where one takes longer,
    a row of it may still come below.
    """
    with engine.connect() as connection:
        seen = later = look_at(connection, table)
    until = time.monotonic() + _PATIENCE_SECONDS
    while not later.settles(seen) and time.monotonic() < until:
        clock.pause(_PAUSE_SECONDS)
        with engine.connect() as connection:
            later = look_at(connection, table)
    return seen.highest
