"""Removes from both databases what the journal of erasures names, and remembers how far it came.

The main database comes first: a visit that moves to the archive meanwhile is met there. How many
rows went is kept beside, in the transaction that removes them, until a certificate tells of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Engine, Table, case, delete, select, update

from consent_server import clock
from consent_server.storage import sqlite
from consent_server.storage.database import table_of
from consent_server.storage.writing.writer import Writer
from consent_server.visits.journal import Journal, Line
from consent_server.visits.models import ArchivedErasure, ArchivedVisit, Erasure, Visit

_CHUNK_ROWS: Final = 500  # one transaction; keeps the write lock for milliseconds
_READERS_SECONDS: Final = 2.0  # how long a reader of SQLite's log is waited for
# A visit that was on its way, or a move to the archive that had begun, may end after the first
# look, so younger lines are looked at each time; a write waits for seconds at most (config).
_SETTLED: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of one day that were removed from a table. since: when the first of them was."""

    table: str
    day: date
    records: int
    since: datetime


Run = Callable[[Callable[[Connection], int]], int]


@dataclass(frozen=True, slots=True)
class _Place:
    """One of the databases. run: does one piece of work in a transaction of its own."""

    engine: Engine
    visits: Table
    erasures: Table
    run: Run


class Removal:
    """Both databases, and the journal that says what goes."""

    def __init__(self, main: Engine, archive: Engine, writer: Writer, journal: Journal) -> None:
        self._journal = journal
        self._places = (
            _Place(main, table_of(Visit), table_of(Erasure), writer.run),
            _Place(archive, table_of(ArchivedVisit), table_of(ArchivedErasure), _alone(archive)),
        )

    def days_of(self, hashes: Sequence[bytes]) -> set[date]:
        """Returns the days of which one of the databases has a visit with such a visitor's hash."""
        days: set[date] = set()
        for place in self._places:
            visits = place.visits.c
            query = select(visits.day).where(visits.visitor_hash.in_(hashes)).distinct()
            with place.engine.connect() as connection:
                days.update(connection.scalars(query))
        return days

    def remove(self, lines: Mapping[date, Line]) -> int:
        """Removes what these lines name, at once; returns how many rows."""
        return sum(_removed(place, {day: [line] for day, line in lines.items()})
                   for place in self._places)  # fmt: skip

    def replay(self) -> int:
        """Removes whatever the journal names and a database has; returns how many rows.

        Idempotent. A database that was restored from an older copy begins where that had come.
        """
        return sum(self._replay(place) for place in self._places)

    def forget(self, known: set[date]) -> None:
        """Forgets all but these days."""
        for day in set(self._journal.days()) - known:
            self._journal.forget(day)
        for place in self._places:
            with place.engine.connect() as connection:
                days = set(connection.scalars(_settled_days(place.erasures)))
            if gone := sorted(days - known):
                work = delete(place.erasures).where(place.erasures.c.day.in_(gone))
                place.run(lambda connection: connection.execute(work).rowcount)  # noqa: B023  # runs at once

    def uncertified(self) -> list[Batch]:
        """Returns what was removed since the last certificate, by database and day."""
        return [batch for place in self._places for batch in _batches(place)]

    def certified(self, batch: Batch) -> None:
        """Forgets a batch that a certificate tells of; what went since then stays."""
        place = next(place for place in self._places if place.visits.name == batch.table)
        erasures = place.erasures.c
        told = update(place.erasures).where(
            erasures.day == batch.day, erasures.uncertified_since == batch.since
        )
        left = erasures.uncertified - batch.records
        place.run(lambda connection: connection.execute(told.values(uncertified=left)).rowcount)

    def _replay(self, place: _Place) -> int:
        with place.engine.connect() as connection:
            rows = connection.execute(select(place.erasures.c.day, place.erasures.c.lines))
            settled = {row.day: row.lines for row in rows}
        news = {day: self._journal.lines(day, settled.get(day, 0)) for day in self._journal.days()}
        removed = _removed(place, {day: news[day].lines for day in news})
        for day, new in news.items():
            if count := new.first + _settled(new.lines):
                place.run(lambda connection: _settle(connection, place.erasures, day, count))  # noqa: B023  # runs at once
        return removed


def _batches(place: _Place) -> list[Batch]:
    query = select(place.erasures).where(place.erasures.c.uncertified > 0)
    with place.engine.connect() as connection:
        rows = connection.execute(query.order_by(place.erasures.c.day)).all()
    return [
        Batch(place.visits.name, row.day, row.uncertified, row.uncertified_since) for row in rows
    ]


def _removed(place: _Place, lines: Mapping[date, Sequence[Line]]) -> int:
    removed = sum(_remove(place, day, line) for day in lines for line in lines[day])
    if removed and place.engine.dialect.name == "sqlite":
        sqlite.truncate_wal(place.engine, _READERS_SECONDS)  # else with the next run of retention
    return removed


def _remove(place: _Place, day: date, line: Line) -> int:
    removed = 0
    while count := place.run(lambda connection: _remove_chunk(connection, place, day, line)):
        removed += count
        if count < _CHUNK_ROWS:
            break
    return removed


def _remove_chunk(connection: Connection, place: _Place, day: date, line: Line) -> int:
    visits = place.visits
    doomed = select(visits.c.id).where(
        visits.c.visitor_hash == line.visitor_hash,
        visits.c.site_id == line.site_id,
        visits.c.recorded_at <= line.until,
    )
    ids = connection.scalars(doomed.limit(_CHUNK_ROWS)).all()
    if not ids:
        return 0
    count = connection.execute(delete(visits).where(visits.c.id.in_(ids))).rowcount
    _row(connection, place.erasures, day)
    erasures = place.erasures
    more = update(erasures).where(erasures.c.day == day)
    is_first = erasures.c.uncertified == 0
    since = case((is_first, clock.now()), else_=erasures.c.uncertified_since)
    more = more.values(uncertified=erasures.c.uncertified + count, uncertified_since=since)
    connection.execute(more)
    return count


def _settle(connection: Connection, erasures: Table, day: date, lines: int) -> int:
    _row(connection, erasures, day)
    done = update(erasures).where(erasures.c.day == day).values(lines=lines)
    return connection.execute(done).rowcount


def _row(connection: Connection, erasures: Table, day: date) -> None:
    if connection.scalar(select(erasures.c.day).where(erasures.c.day == day)) is None:
        connection.execute(erasures.insert().values(day=day, lines=0, uncertified=0))


def _settled(lines: Sequence[Line]) -> int:
    """Returns how many lines from the first on are so old that nothing more can come."""
    latest = clock.now() - _SETTLED
    return next((n for n, line in enumerate(lines) if line.until > latest), len(lines))


def _settled_days(erasures: Table) -> Any:
    return select(erasures.c.day).where(erasures.c.uncertified == 0)


def _alone(engine: Engine) -> Run:
    def run(work: Callable[[Connection], int]) -> int:
        with engine.execution_options(writes=True).begin() as connection:
            return work(connection)

    return run
