"""Brings counts by device and country on their way: adds up what processes wrote, and passes on.

What is of a day that is over goes on in fives; what is too few is held back as part of today.
Each step takes some rows away and writes what they became in one transaction, which happens only if
all of them were still there. So a step that is cut off, or made twice at once, changes nothing.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row, delete, insert, select, update

from consent_server import clock
from consent_server.entropy import random_id
from consent_server.statistics.circumstance_rules import Amount, Cell, added, passed_on
from consent_server.statistics.models import CircumstanceCount, HeldCount
from consent_server.statistics.sealed import CountSeal
from consent_server.storage.absent import insert_absent
from consent_server.storage.database import table_of
from consent_server.storage.writing.writer import Writer

_COUNTS, _HELD = table_of(CircumstanceCount), table_of(HeldCount)
_MOST_ROWS: Final = 500  # of one step: 100 processes for half a minute; the rest is the next one's
_log = logging.getLogger(__name__)

GoOn = Callable[[], bool]
_Place = tuple[int, date]  # site, day


class _Overtaken(Exception):
    """Another process did the same step meanwhile."""


@dataclass(frozen=True, slots=True)
class CircumstanceCounter:
    """Does what is due. day_of: the calendar day of an instant."""

    engine: Engine
    writer: Writer
    seal: CountSeal
    day_of: Callable[[datetime], date]

    def run(self, go_on: GoOn = lambda: True) -> int:
        """Adds up and passes on, oldest day first; returns how many rows were taken away."""
        today, taken = self.day_of(clock.now()), 0
        while go_on():
            rows = self._next(today)
            if not rows:
                break
            try:
                self._step(rows, today)
            except _Overtaken:
                break
            taken += len(rows)
        return taken

    def _next(self, today: date) -> Sequence[Row[Any]]:
        """Returns rows of one site and day that are to be made less; none when all is done.

        Of today it is done with one row of a site, of an earlier day with none.
        """
        with self.engine.connect() as connection:
            places: dict[_Place, int] = defaultdict(int)
            known = select(_HELD.c.site_id, _HELD.c.day).order_by(_HELD.c.day, _HELD.c.site_id)
            for row in connection.execute(known.limit(10 * _MOST_ROWS)):
                places[row.site_id, row.day] += 1
            place = next(
                (place for place, rows in places.items() if place[1] < today or rows > 1), None
            )
            if place is None:
                return []
            of_place = select(_HELD).where(_HELD.c.site_id == place[0], _HELD.c.day == place[1])
            return connection.execute(of_place.order_by(_HELD.c.id).limit(_MOST_ROWS)).all()

    def _step(self, rows: Sequence[Row[Any]], today: date) -> None:
        site_id, day = rows[0].site_id, rows[0].day
        counts = added(self._opened(rows))
        on, held = passed_on(counts) if day < today else (dict[Cell, int](), counts)
        ids = [row.id for row in rows]

        def write(connection: Connection) -> None:
            gone = connection.execute(delete(_HELD).where(_HELD.c.id.in_(ids)))
            if gone.rowcount != len(ids):
                raise _Overtaken
            _add(connection, site_id, day, on)
            if held:
                connection.execute(insert(_HELD), [self._row(site_id, max(day, today), held)])

        self.writer.run(write)

    def _opened(self, rows: Sequence[Row[Any]]) -> list[Mapping[Cell, Amount]]:
        opened = [self.seal.open(row.id, row.payload) for row in rows]
        if None in opened:
            _log.warning("some counts by device and country were sealed with another secret")
        return [cells for cells in opened if cells is not None]

    def _row(self, site_id: int, day: date, cells: Mapping[Cell, Amount]) -> dict[str, Any]:
        row_id = random_id()
        payload = self.seal.close(row_id, cells)
        return {"id": row_id, "site_id": site_id, "day": day, "payload": payload}


def _add(connection: Connection, site_id: int, day: date, counts: Mapping[Cell, int]) -> None:
    keys = {cell: {"site_id": site_id, "day": day, **cell._asdict()} for cell in sorted(counts)}
    insert_absent(connection, _COUNTS, [key | {"records": 0} for key in keys.values()])
    for cell, key in keys.items():
        same = [_COUNTS.c[name] == value for name, value in key.items()]
        more = {"records": _COUNTS.c.records + counts[cell]}
        connection.execute(update(_COUNTS).where(*same).values(more))
