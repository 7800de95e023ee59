"""Finds visits of a period, of an address if one is given, in both databases.

An address is found by its keyed hash under the key of each day: nobody who lacks the key can look
for one, and after the last instant nobody can at all. A site may have kept the network only, so its
hash is looked for too; what is found that way may be of a neighbour, and says so.

Memory stays constant, no read stays open between two pages, and rows deny from `gone_at` on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import Engine, Select, Table, select

from consent_server import clock
from consent_server.keys.ring import KeyRing
from consent_server.periods import RetentionPeriod
from consent_server.storage.database import ARCHIVE, db, table_of
from consent_server.visits.models import ArchivedVisit, Visit
from consent_server.visits.modes import HASHED, truncated
from consent_server.visits.recorder import address_hash_or_none
from consent_server.visits.services import VisitReader, VisitView

_PAGE_ROWS: Final = 1000
_NOON: Final = time(12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What may be read: since is included, until is not. address: canonical; "" means any."""

    since: datetime
    until: datetime
    site_id: int | None = None
    address: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A visit that fits. is_network_only: its address may be a neighbour's."""

    visit: VisitView
    is_archived: bool
    is_network_only: bool = False


@dataclass(frozen=True, slots=True)
class VisitSearch:
    """Everything the search needs; call inside an application context."""

    ring: KeyRing
    reader: VisitReader
    period: RetentionPeriod

    def each(self, scope: Scope) -> Iterator[Found]:
        """Yields what fits, day by day, each visit once.

        The main database comes first: what leaves it meanwhile is in the archive by then.
        """
        for day in self.living_days(scope):
            seen: set[object] = set()  # a visit on its way to the archive is in both for a moment
            for is_archived, engine, table in _places():
                for found in self._of_day(scope, day, is_archived, engine, table):
                    if found.visit.visit_id not in seen:
                        seen.add(found.visit.visit_id)
                        yield found

    def living_days(self, scope: Scope) -> list[date]:
        """Returns the days of the period whose key exists, oldest first."""
        first, last = self._days(scope)
        return [day for day in self.ring.days() if first <= day <= last]

    def destroyed_days(self, scope: Scope) -> int:
        """Returns how many days of the period are past their last instant: nothing is left."""
        first, last = self._days(scope)
        today = self.period.day_of(clock.now())
        span = range((min(last, today) - first).days + 1)
        return sum(self.period.gone_on(first + timedelta(days=number)) <= today for number in span)

    def _days(self, scope: Scope) -> tuple[date, date]:
        last = self.period.day_of(scope.until - timedelta(microseconds=1))
        return self.period.day_of(scope.since), last

    def _of_day(
        self, scope: Scope, day: date, is_archived: bool, engine: Engine, table: Table
    ) -> Iterator[Found]:
        query = self._query(scope, day, table)
        if query is None:
            return
        after_id = 0
        while True:
            with engine.connect() as connection:
                page = query.where(table.c.id > after_id).limit(_PAGE_ROWS)
                rows = connection.execute(page).all()
            for visit in self.reader.views(rows):
                if not scope.address:
                    yield Found(visit, is_archived)
                elif _fits(visit.ip, scope.address):
                    is_whole = visit.ip == scope.address or _is_hash(visit.ip)
                    yield Found(visit, is_archived, is_network_only=not is_whole)
            if len(rows) < _PAGE_ROWS:
                return
            after_id = rows[-1].id

    def _query(self, scope: Scope, day: date, table: Table) -> Select[Any] | None:
        gone_at = self.period.gone_at(datetime.combine(day, _NOON, self.period.zone))
        query = (
            select(table)
            .where(table.c.gone_at == gone_at, table.c.gone_at > clock.now())
            .where(table.c.recorded_at >= scope.since, table.c.recorded_at < scope.until)
            .order_by(table.c.id)
        )
        if scope.site_id is not None:
            query = query.where(table.c.site_id == scope.site_id)
        if not scope.address:
            return query
        texts = {scope.address, truncated(scope.address)}
        hashes = [address_hash_or_none(self.ring, day, text) for text in sorted(texts)]
        if None in hashes:
            return None
        return query.where(table.c.address_hash.in_(hashes))


def _places() -> Iterator[tuple[bool, Engine, Table]]:
    yield False, db.engine, table_of(Visit)
    yield True, db.engines[ARCHIVE], table_of(ArchivedVisit)


def _fits(kept: str, address: str) -> bool:
    """Whether what a record keeps may be of an address; hashes of 16 bytes have been compared."""
    return _is_hash(kept) or kept in (address, truncated(address))


def _is_hash(kept: str) -> bool:
    return kept.startswith(HASHED)
