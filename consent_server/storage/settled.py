"""How far a table that only grows may be read by row number, so that no row comes below it later.

SQLite has one writer: row numbers are given inside its transaction, so the highest one that is
there is the mark. PostgreSQL gives numbers before it commits, so a lower one may still come from
another process. There the mark is what was the highest at an earlier look, and it holds once every
transaction of that time has ended. That asks nothing of whoever writes; a lock on the table would
make all decisions wait behind a long VACUUM.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, Table, func, select, text

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
