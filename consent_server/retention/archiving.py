"""Moves visits whose purpose is met into the archive, a database of its own (S24, PIPA art. 21(3)).

A day moves once its statistics are made and its operating window is over. The payload stays the
same ciphertext under the same key: it is bound to class, day and visit id, not to a place. Two
databases are never one transaction, so each piece goes in this order: **locked** in the main
database against everybody who would change or remove it, **inserted** into the archive unless it is
there, **committed** there, read back and **compared**, then **removed** from the main one. A crash
anywhere leaves a row in both places at worst, and the next run goes on.

Whoever removes visits (destruction, erasure) does so in the main database first and in the archive
after: since rows are locked until the archive has them, none can slip past and live on there. A
visit whose instant has come is left where it is, for destruction.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Engine

from consent_server import clock
from consent_server.pace import Pace
from consent_server.retention.moving import Piece, StaysBehind
from consent_server.retention.moving_postgres import MoveOnPostgres
from consent_server.retention.moving_sqlite import MoveOnSqlite
from consent_server.storage.partitions.keeper import PartitionKeeper
from consent_server.storage.writing.writer import Writer
from consent_server.visits.days import VisitDays

_log = logging.getLogger(__name__)

GoOn = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Moved:
    """What one run did: visits, and the days of which none is left in the main database."""

    visits: int
    days: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class Archiver:
    """Moves visits; keeper: makes the archive's partitions."""

    engine: Engine
    archive: Engine
    writer: Writer
    days: VisitDays
    keeper: PartitionKeeper
    _searched: list[date] = field(default_factory=list)  # the day of the last search

    def run(self, go_on: GoOn = lambda: True, share: float = 1.0) -> Moved:
        """Moves what is due, oldest day first; may be repeated and cut off at any point.

        go_on: asked between pieces. share: of one interpreter, when others want it (see pace).
        Raises what the engines raise, Unavailable when the main database cannot be written.
        """
        self._search_daily()
        pace, visits, whole = Pace(share), 0, []
        for day in self.days.to_move():
            mover = self._mover(go_on, pace)
            try:
                is_whole = all(mover.move(day, end) for end in self.days.ends_of(day))
            except StaysBehind as error:
                _log.error("%s", error)
                is_whole = False
            finally:
                visits += mover.moved
            if is_whole and not self.days.ends_of(day):
                self.days.mark_moved(day)
                whole.append(day)
            if not go_on():
                break
        if visits:
            _log.info("moved %d visits to the archive", visits)
        return Moved(visits, tuple(whole))

    def _mover(self, go_on: GoOn, pace: Pace) -> MoveOnSqlite | MoveOnPostgres:
        kind = MoveOnSqlite if self.engine.dialect.name == "sqlite" else MoveOnPostgres
        return kind(Piece(self.engine, self.archive, self.writer, self.keeper), go_on, pace)

    def _search_daily(self) -> None:
        """Looks once a day through the whole table: what came late, what has no key any more."""
        today = clock.now().date()
        if self._searched != [today]:
            self.days.search()
            self._searched[:] = [today]
