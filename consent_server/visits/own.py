"""The visits of one visitor, read for that visitor (PIPA art. 35): out of both databases.

They are found by the keyed hash of the visitor under the key of each day, so what is past its last
instant cannot be found. Nothing is read of visits that were recorded before the visitor was known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Engine, Select, Table, func, select

from consent_server import clock
from consent_server.errors import ConfigError, Unavailable
from consent_server.keys.ring import KeyRing
from consent_server.periods import RetentionPeriod
from consent_server.storage.database import table_of
from consent_server.visits.models import ArchivedVisit, Visit
from consent_server.visits.services import VisitReader, VisitView

_PAGE_ROWS: Final = 500
_RING_AWAY: Final = "The key ring is away at the moment."


@dataclass(frozen=True, slots=True)
class OwnDay:
    """A day on which a visitor came. visits: how many; visitor_hash: by which they are found."""

    day: date
    visits: int
    visitor_hash: bytes


@dataclass(frozen=True, slots=True)
class OwnVisit:
    """One visit. is_archived: whether its purpose is met and it only waits for its last day."""

    visit: VisitView
    is_archived: bool


@dataclass(frozen=True, slots=True)
class OwnVisits:
    """Both databases and the keys, joined once when the application starts."""

    ring: KeyRing
    period: RetentionPeriod
    main: Engine
    archive: Engine

    def days(self, site_id: int, visitor_id: UUID) -> list[OwnDay]:
        """Returns the days on which a visitor came to a site, newest first. Raises Unavailable."""
        hashes = self._hashes(visitor_id)
        counts: Counter[date] = Counter()
        for engine, table, _ in self._places():
            query = _readable(select(table.c.day, func.count()), table, site_id)
            query = query.where(table.c.visitor_hash.in_(list(hashes.values())))
            with engine.connect() as connection:
                rows = connection.execute(query.group_by(table.c.day)).all()
            counts.update({row[0]: row[1] for row in rows})
        return [OwnDay(day, counts[day], hashes[day]) for day in sorted(counts, reverse=True)]

    def of_day(self, site_id: int, own: OwnDay) -> Iterator[OwnVisit]:
        """Yields the visits of one day, newest first, each once, a page of rows in memory.

        The main database comes first: what leaves it meanwhile is in the archive by then.
        """
        seen: set[UUID] = set()
        reader = VisitReader(self.ring, self.period)
        for engine, table, is_archived in self._places():
            query = _readable(select(table), table, site_id)
            query = query.where(table.c.visitor_hash == own.visitor_hash)
            for rows in _pages(engine, table, query):
                for visit in _opened(reader, rows):
                    if visit.visit_id not in seen:
                        seen.add(visit.visit_id)
                        yield OwnVisit(visit, is_archived)

    def _hashes(self, visitor_id: UUID) -> dict[date, bytes]:
        try:
            found = {
                day: self.ring.keyed_hash_or_none(day, "visitor", visitor_id.bytes)
                for day in self.ring.days()
            }
        except (OSError, ConfigError) as error:
            raise Unavailable(_RING_AWAY) from error
        return {day: visitor_hash for day, visitor_hash in found.items() if visitor_hash}

    def _places(self) -> Iterator[tuple[Engine, Table, bool]]:
        yield self.main, table_of(Visit), False
        yield self.archive, table_of(ArchivedVisit), True


def _opened(reader: VisitReader, rows: list[Any]) -> list[VisitView]:
    try:
        return reader.views(rows)
    except (OSError, ConfigError) as error:
        raise Unavailable(_RING_AWAY) from error


def _readable(query: Select[Any], table: Table, site_id: int) -> Select[Any]:
    return query.where(table.c.site_id == site_id, table.c.gone_at > clock.now())


def _pages(engine: Engine, table: Table, query: Select[Any]) -> Iterator[list[Any]]:
    before_id = None
    while True:
        page = query if before_id is None else query.where(table.c.id < before_id)
        with engine.connect() as connection:
            rows = connection.execute(page.order_by(table.c.id.desc()).limit(_PAGE_ROWS)).all()
        yield list(rows)
        if len(rows) < _PAGE_ROWS:
            return
        before_id = rows[-1].id
