"""Moves a day out of PostgreSQL: copies its partition piece by piece, then empties it in one step.

While a piece is copied, and while the whole is compared and emptied, nobody writes to that one
partition; days that still come in have others. Each lock is asked for as in `truncation`: briefly,
a few times, else the rest is left to the next run. Rows that were erased since they were copied
are gone in both databases. Where days share a partition (27 and 28 February may), the day's rows
are deleted and the other's stay.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, Table, delete, func, select, text

from consent_server import clock
from consent_server.pace import Pace
from consent_server.retention.moving import ARCHIVED, ID_MASK, VISITS, Piece, copy_into
from consent_server.storage.partitions.keeper import Partition, partitions
from consent_server.storage.partitions.truncation import patiently
from consent_server.visits.days import add_archived

_PIECE_ROWS: Final = 2000


class MoveOnPostgres:
    """Moves days; `moved` counts visits."""

    def __init__(self, piece: Piece, go_on: Callable[[], bool], pace: Pace) -> None:
        self._piece = piece
        self._go_on = go_on
        self._pace = pace
        self.moved = 0

    def move(self, day: date, end: datetime) -> bool:
        """Moves the visits of a day that end at one instant; returns whether none is left."""
        with self._piece.engine.connect() as connection:
            found = [each for each in partitions(connection, VISITS.name) if each.gone_at == end]
        self._piece.keeper.ensure(end)
        return all(self._copy(each, day) and self._empty(each, day) for each in found)

    def _copy(self, partition: Partition, day: date) -> bool:
        after_id = 0
        while True:
            if not self._go_on():
                return False
            last = patiently(self._piece.engine, partial(self._piece_of, partition, day, after_id))
            if last is None or last < 0:
                return False
            if last == 0:
                return True
            after_id = last
            self._pace.rest()

    def _piece_of(self, partition: Partition, day: date, after_id: int, main: Connection) -> int:
        """Copies the next rows; returns the last one's number, 0: none is left, -1: too late."""
        _lock(main, partition)
        rows = main.execute(
            select(VISITS)
            .where(_of(VISITS, day, partition), VISITS.c.id > after_id)
            .order_by(VISITS.c.id)
            .limit(_PIECE_ROWS)
        ).all()
        if not rows:
            return 0
        if clock.now() >= partition.gone_at:
            return -1
        with self._piece.archive.execution_options(writes=True).begin() as archive:
            copy_into(archive, partition.gone_at, rows)
        return int(rows[-1].id)

    def _empty(self, partition: Partition, day: date) -> bool:
        count = patiently(self._piece.engine, partial(self._remove, partition, day))
        self.moved += max(0, count or 0)
        return count is not None and count >= 0

    def _remove(self, partition: Partition, day: date, main: Connection) -> int:
        """Removes the day's rows if the archive has exactly these; returns how many, -1: not so."""
        _lock(main, partition)
        sums = _sums(main, VISITS, day, partition, ())
        with self._piece.archive.connect() as archive:
            there = _sums(archive, ARCHIVED, day, partition, sums[:2])
        if there != sums or clock.now() >= partition.gone_at:
            return -1
        per_site = select(VISITS.c.site_id, func.count()).where(_of(VISITS, day, partition))
        sites: dict[int, int] = dict(main.execute(per_site.group_by(VISITS.c.site_id)).all())
        others = select(VISITS.c.id).where(
            VISITS.c.gone_at == partition.gone_at, VISITS.c.day != day
        )
        if main.execute(others.limit(1)).first() is None:
            main.exec_driver_sql(f"TRUNCATE {partition.name}")
        else:
            main.execute(delete(VISITS).where(_of(VISITS, day, partition)))
        add_archived(main, day, sites)
        return sums[2]


def _lock(connection: Connection, partition: Partition) -> None:
    connection.execute(text(f"LOCK TABLE {partition.name} IN SHARE ROW EXCLUSIVE MODE"))


def _of(table: Table, day: date, partition: Partition) -> Any:
    return (table.c.gone_at == partition.gone_at) & (table.c.day == day)


def _sums(
    connection: Connection, table: Table, day: date, partition: Partition, span: Sequence[int]
) -> list[int]:
    """Returns what tells two sets of row numbers apart: what each row holds was compared before.

    span: the least and the greatest number; empty = any. Rows of the day that moved before have
    numbers below those that came late.
    """
    number = table.c.id.bitwise_and(ID_MASK)
    query = select(
        func.coalesce(func.min(number), 0),
        func.coalesce(func.max(number), 0),
        func.count(),
        func.coalesce(func.sum(number), 0),
        func.coalesce(func.sum((number % 65_521) * (number % 65_519)), 0),  # primes
    ).where(_of(table, day, partition))
    if span:
        least, greatest = span
        query = query.where(number.between(least, greatest))
    return list(map(int, connection.execute(query).one()))
