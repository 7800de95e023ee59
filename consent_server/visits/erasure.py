"""Erases the visits of one visitor, at once, in both databases, and for good (PIPA art. 37).

First the journal (`visits.journal`) says whose visits go, then they are removed. So a process that
dies in between leaves the rest to the next replay, a visit that was on its way meanwhile is
removed by it, and so is one that comes back with a restored database: each database remembers
how far into the journal it has come.

A removed row is unreadable to everyone at once. What is left of its bytes is ciphertext: on SQLite
nothing (secure_delete, and the WAL is truncated); on PostgreSQL freed space, its log and backups,
until the key of the day is destroyed. Where a law makes the site keep visits nothing is removed,
and the answer says why and until when (art. 37(4)).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Engine, Table, delete, or_, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from consent_server import clock
from consent_server.errors import ConfigError, Unavailable
from consent_server.keys.ring import KeyRing
from consent_server.periods import RetentionPeriod
from consent_server.sites.directory import SiteEntry
from consent_server.storage import sqlite
from consent_server.storage.database import table_of
from consent_server.storage.writer import Writer
from consent_server.visits.journal import Journal, Line
from consent_server.visits.models import (
    ArchivedVisit,
    ArchiveReplay,
    MainReplay,
    Visit,
)

VISITOR: Final = "visitor"  # what visitor_hash is made for (keys.ring.keyed_hash)
DUTY: Final = "legal_duty"  # the basis under which nothing is erased on request

_CHUNK_ROWS: Final = 500  # one transaction; keeps the write lock for milliseconds
_LINES: Final = 100  # of the journal, in one statement
_READERS_SECONDS: Final = 2.0  # how long a reader of SQLite's log is waited for
# A visit or a move to the archive that began before the line may end after its first replay, so
# younger lines are replayed each time; a write waits for seconds at most (config).
_SETTLED: Final = timedelta(minutes=10)
_OUTAGES: Final = (DBAPIError, PoolTimeout, OSError, ConfigError)

Run = Callable[[Callable[[Connection], int]], int]
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Erased:
    """The visitor's visits up to now are gone. records: how many this call removed."""

    basis: str
    records: int


@dataclass(frozen=True, slots=True)
class RefusedUntil:
    """They must be kept. until: instant at which the last of them is destroyed anyway."""

    basis: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Removed:
    """What one replay removed from each database."""

    visits: int = 0
    archived_visits: int = 0

    @property
    def total(self) -> int:
        """Rows of both databases; one that was in both for a moment counts twice."""
        return self.visits + self.archived_visits


@dataclass(frozen=True, slots=True)
class _Place:
    """One of the databases. run: does one piece of work in a transaction of its own."""

    engine: Engine
    visits: Table
    replays: Table
    run: Run


Certify = Callable[[Removed], None]
KeepHeld = Callable[[int, Mapping[date, bytes]], None]


@dataclass(frozen=True, slots=True)
class VisitEraser:
    """Everything that the verb needs, joined once when the application starts.

    keep_held: called before anything is removed, with a site and the visitor's hashes by day:
    what a legal hold covers is copied to it first. certify: called after each batch that removed
    something.
    """

    main: Engine
    archive: Engine
    writer: Writer
    ring: KeyRing
    journal: Journal
    period: RetentionPeriod
    keep_held: KeepHeld
    certify: Certify
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def erase(self, site: SiteEntry, visitor_id: UUID) -> Erased | RefusedUntil:
        """Removes all visits of a visitor recorded until now, unless the site must keep them.

        Waits until they are gone from both databases. May be repeated. Raises Unavailable; then
        they go as soon as databases and key ring can be used again, if the journal took the line.
        """
        if site.visit_basis == DUTY:
            return RefusedUntil(DUTY, self.period.gone_at(clock.now()))
        try:
            hashes = self._note(site, visitor_id)
            removed = self.replay() if self._found(hashes.values()) else Removed()
        except _OUTAGES as error:
            _log.warning("visits cannot be erased at the moment: %s", type(error).__name__)
            raise Unavailable("Visits cannot be erased at the moment; try again.") from error
        return Erased(site.visit_basis, removed.total)

    def announce(self, site: SiteEntry, visitor_id: UUID) -> None:
        """Writes the wish down before the decision that it comes with is recorded.

        Then it is carried out though the process dies before `erase`. Does nothing where visits
        must be kept. Raises Unavailable.
        """
        if site.visit_basis == DUTY:
            return
        try:
            self._note(site, visitor_id)
        except _OUTAGES as error:
            raise Unavailable("The journal of erasures is away; nothing was stored.") from error

    def replay(self) -> Removed:
        """Removes whatever the journal names and a database has; idempotent.

        The main database comes first: a visit that moves to the archive meanwhile is met there.
        """
        with self._turn:
            visits = self._replay(self._main())
            archived_visits = self._replay(self._archive())
            removed = Removed(visits, archived_visits)
            if removed.total:
                self.certify(removed)
                _log.info("erased %d visits that were asked to go", removed.total)
        return removed

    def forget(self) -> None:
        """Removes lines of days whose key is destroyed: nobody can tell whom they meant."""
        known = set(self.ring.days())
        for day in self.journal.days():
            if day not in known:
                self.journal.forget(day)
        for place in (self._main(), self._archive()):
            self._forget(place, known)

    def _note(self, site: SiteEntry, visitor_id: UUID) -> dict[date, bytes]:
        """Adds the visitor to the journal, of today and of each day with a visit of theirs."""
        now = clock.now()
        hashes = self._hashes(visitor_id)
        days = self._found(hashes.values()) | {self.period.day_of(now)}
        wanted = {day: hashes[day] for day in sorted(days) if day in hashes}
        self.keep_held(site.id, wanted)
        self.journal.append({day: Line(found, site.id, now) for day, found in wanted.items()})
        return wanted

    def _hashes(self, visitor_id: UUID) -> dict[date, bytes]:
        found = {
            day: self.ring.keyed_hash_or_none(day, VISITOR, visitor_id.bytes)
            for day in self.ring.days()
        }
        return {day: hash_ for day, hash_ in found.items() if hash_ is not None}

    def _found(self, hashes: Iterable[bytes]) -> set[date]:
        """Returns the days of which one of the databases has a visit with such a hash."""
        wanted = list(hashes)
        days: set[date] = set()
        for engine, table in ((self.main, _VISITS), (self.archive, _ARCHIVED)):
            query = select(table.c.day).where(table.c.visitor_hash.in_(wanted)).distinct()
            with engine.connect() as connection:
                days.update(connection.scalars(query))
        return days

    def _replay(self, place: _Place) -> int:
        with place.engine.connect() as connection:
            rows = connection.execute(select(place.replays.c.day, place.replays.c.lines))
            done = {row.day: row.lines for row in rows}
        removed = 0
        for day in self.journal.days():
            lines = self.journal.lines(day, done.get(day, 0))
            if lines:
                removed += _remove(place, lines)
                self._remember(place, day, self.journal.count(day) - len(lines), lines)
        if removed and place.engine.dialect.name == "sqlite":
            sqlite.truncate_wal(place.engine, _READERS_SECONDS)  # else the next run of retention
        return removed

    def _remember(self, place: _Place, day: date, before: int, lines: list[Line]) -> None:
        latest = clock.now() - _SETTLED
        count = next((n for n, line in enumerate(lines) if line.until > latest), len(lines))
        if count:
            place.run(lambda connection: _keep(connection, place.replays, day, before + count))

    def _forget(self, place: _Place, known: set[date]) -> None:
        with place.engine.connect() as connection:
            days = set(connection.scalars(select(place.replays.c.day))) - known
        if days:
            gone = delete(place.replays).where(place.replays.c.day.in_(sorted(days)))
            place.run(lambda connection: connection.execute(gone).rowcount)

    def _main(self) -> _Place:
        return _Place(self.main, _VISITS, table_of(MainReplay), self.writer.run)

    def _archive(self) -> _Place:
        return _Place(self.archive, _ARCHIVED, table_of(ArchiveReplay), _by_itself(self.archive))


def _remove(place: _Place, lines: list[Line]) -> int:
    removed = 0
    for first in range(0, len(lines), _LINES):
        part = lines[first : first + _LINES]
        while count := place.run(lambda connection: _remove_chunk(connection, place.visits, part)):  # noqa: B023  # runs at once
            removed += count
            if count < _CHUNK_ROWS:
                break
    return removed


def _remove_chunk(connection: Connection, table: Table, lines: list[Line]) -> int:
    doomed = or_(
        *(
            (table.c.visitor_hash == line.visitor_hash)
            & (table.c.site_id == line.site_id)
            & (table.c.recorded_at <= line.until)
            for line in lines
        )
    )
    ids = connection.scalars(select(table.c.id).where(doomed).limit(_CHUNK_ROWS)).all()
    if not ids:
        return 0
    return connection.execute(delete(table).where(table.c.id.in_(ids))).rowcount


def _keep(connection: Connection, table: Table, day: date, lines: int) -> int:
    connection.execute(delete(table).where(table.c.day == day))
    return connection.execute(table.insert().values(day=day, lines=lines)).rowcount


def _by_itself(engine: Engine) -> Run:
    def run(work: Callable[[Connection], Any]) -> Any:
        with engine.execution_options(writes=True).begin() as connection:
            return work(connection)

    return run
