"""A clock that was ahead must not lengthen a visit's life.

A visit recorded while the clock showed a later day carries that day's end. Once the clock is right
again such rows are known by an end that no visit of today has; from now on they go with today's at
the latest. (A clock that is behind only shortens lives.) Clocks of nodes may differ a little around
midnight, so a few minutes are no matter.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, Table, select, update

from consent_server.periods import RetentionPeriod
from consent_server.retention.destruction import Run
from consent_server.storage.partitions.keeper import make_partition

_CHUNK_ROWS: Final = 500  # one transaction; keeps the write lock for milliseconds
_TOLERANCE: Final = timedelta(minutes=5)


def bring_forward(table: Table, now: datetime, period: RetentionPeriod, run: Run) -> int:
    """Shortens the stay of visits from a clock that was ahead; returns how many."""
    latest = period.gone_at(now + _TOLERANCE)
    changed = 0
    while count := run(lambda connection: _change_chunk(connection, table, latest)):
        changed += count
    return changed


def _change_chunk(connection: Connection, table: Table, latest: datetime) -> int:
    late = select(table.c.id).where(table.c.gone_at > latest).limit(_CHUNK_ROWS)
    ids = list(connection.scalars(late))
    if ids:
        if connection.dialect.name == "postgresql":
            make_partition(connection, table.name, latest)  # perhaps no visit of today came yet
        connection.execute(update(table).where(table.c.id.in_(ids)).values(gone_at=latest))
    return len(ids)
