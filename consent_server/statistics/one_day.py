"""Counts one day: reads it page by page into a scratch pad, rests in between, writes once.

The counts and the note that the day is counted are one transaction. A count that is cut off has
written nothing, and the next one begins anew; a day that is counted again gets the same counts.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from itertools import chain
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row, delete, insert, select

from consent_server import clock
from consent_server.keys.ring import KeyRing
from consent_server.pace import Pace
from consent_server.statistics.facts import CountryOf, hasher, values_of, visitor_of
from consent_server.statistics.models import VisitCount
from consent_server.statistics.rules import (
    ASKED,
    DIMENSIONS,
    LEAST_VISITORS,
    MOST_VALUES,
    ROBOTS,
    TOTAL,
    UNREADABLE,
)
from consent_server.statistics.scratch import Found, Scratch, scratch
from consent_server.storage.database import table_of
from consent_server.storage.writing.writer import Writer
from consent_server.visits.days import VisitDays, mark_counted
from consent_server.visits.models import Visit
from consent_server.visits.recorder import RECORD_CLASS
from consent_server.visits.schemas import Payload, payload_decoder

_log = logging.getLogger(__name__)
_VISITS, _COUNTS = table_of(Visit), table_of(VisitCount)
_PAGE_ROWS: Final = 1000
_CACHED_COUNTRIES: Final = 8192  # of addresses, for the length of one count
_READ: Final[tuple[Any, ...]] = (
    _VISITS.c.id, _VISITS.c.visit_id, _VISITS.c.site_id, _VISITS.c.device_class, _VISITS.c.payload,
)  # fmt: skip

GoOn = Callable[[], bool]
_Opened = tuple[Row[Any], Payload]


@dataclass(frozen=True, slots=True)
class Means:
    """What a count needs; country_of: tells the country of an address, or ""."""

    engine: Engine
    writer: Writer
    ring: KeyRing
    days: VisitDays
    country_of: CountryOf


@dataclass(slots=True)
class DayCount:
    """One day in the making."""

    means: Means
    day: date
    go_on: GoOn
    pace: Pace
    unreadable: Counter[int] = field(default_factory=Counter)  # by site

    def finish(self) -> bool:
        """Counts the day and writes it down; returns False if it was cut off."""
        ends = [end for end in self.means.days.ends_of(self.day) if end > clock.now()]
        with scratch() as pad:
            for end in ends:
                if not self._read(pad, end):
                    return False
            rows = []
            for row in chain.from_iterable(self._rows(pad, site, ends) for site in pad.sites()):
                if not self.go_on():
                    return False
                rows.append(row)
        rows += [self._row(site, UNREADABLE, "", count, 0) for site, count in self._unreadable()]
        self.means.writer.run(lambda connection: self._write(connection, rows))
        return True

    def _read(self, pad: Scratch, end: datetime) -> bool:
        hash_of = hasher(self.means.ring, self.day)
        country_of = lru_cache(_CACHED_COUNTRIES)(self.means.country_of)
        for page in self._pages(end):
            if not self.go_on():
                return False
            if hash_of is None:
                self.unreadable.update(row.site_id for row in page)
                continue
            pad.add(
                [
                    (
                        row.site_id,
                        row.id,
                        payload.is_bot,
                        not payload.visitor,
                        hash_of(visitor_of(payload)),
                        *map(hash_of, values_of(payload, row.device_class, country_of)),
                    )
                    for row, payload in self._opened(page)
                ]
            )
            self.pace.rest()
        return True

    def _pages(self, end: datetime) -> Iterator[Sequence[Row[Any]]]:
        after_id = 0
        query = select(*_READ).where(_VISITS.c.gone_at == end, _VISITS.c.day == self.day)
        while True:
            page = query.where(_VISITS.c.id > after_id).order_by(_VISITS.c.id).limit(_PAGE_ROWS)
            with self.means.engine.connect() as connection:
                rows = connection.execute(page).all()
            if rows:
                yield rows
            if len(rows) < _PAGE_ROWS:
                return
            after_id = rows[-1].id

    def _opened(self, page: Sequence[Row[Any]]) -> Iterator[_Opened]:
        sealed = [(self.day, row.visit_id, row.payload) for row in page]
        opened = self.means.ring.decrypt_page(RECORD_CLASS, sealed)
        for row, plain in zip(page, opened, strict=True):
            if plain is None:
                self.unreadable[row.site_id] += 1
            else:
                yield row, payload_decoder.decode(plain)

    def _unreadable(self) -> list[tuple[int, int]]:
        if self.unreadable:
            _log.warning("%d visits of %s cannot be read", self.unreadable.total(), self.day)
        return sorted(self.unreadable.items())

    def _rows(self, pad: Scratch, site: int, ends: list[datetime]) -> Iterator[dict[str, Any]]:
        yield self._row(site, TOTAL, "", *pad.people(site))
        yield self._row(site, ROBOTS, "", *pad.robots(site))
        yield self._row(site, ASKED, "", *pad.asked(site))
        for dimension in DIMENSIONS:
            kept = self._kept(pad, site, dimension, ends)
            rest = _let_go_until_rest_is_large(pad, site, dimension, kept)
            for found, value in kept:
                yield self._row(site, dimension, value, found.visits, found.visitors)
            if kept and rest[0]:
                yield self._row(site, dimension, "", *rest, is_rest=True)

    def _kept(
        self, pad: Scratch, site: int, dimension: str, ends: list[datetime]
    ) -> list[tuple[Found, str]]:
        """Returns the values to keep, read again from one visit that has each."""
        most = MOST_VALUES[dimension]
        largest = pad.largest(site, dimension, least=LEAST_VISITORS, most=most)
        place = DIMENSIONS.index(dimension)
        query = select(*_READ).where(
            _VISITS.c.id.in_([found.visit for found in largest]), _VISITS.c.gone_at.in_(ends)
        )
        with self.means.engine.connect() as connection:
            page = connection.execute(query).all()
        values = {
            row.id: values_of(payload, row.device_class, self.means.country_of)[place]
            for row, payload in self._opened(page)
        }
        # one that was erased meanwhile takes its value along: into the rest
        return [(found, values[found.visit]) for found in largest if found.visit in values]

    def _row(
        self,
        site: int,
        dimension: str,
        value: str,
        visits: int,
        visitors: int,
        *,
        is_rest: bool = False,
    ) -> dict[str, Any]:
        return {
            "site_id": site,
            "day": self.day,
            "dimension": dimension,
            "is_rest": is_rest,
            "value": value,
            "visits": visits,
            "visitors": visitors,
        }

    def _write(self, connection: Connection, rows: list[dict[str, Any]]) -> None:
        connection.execute(delete(_COUNTS).where(_COUNTS.c.day == self.day))
        if rows:
            connection.execute(insert(_COUNTS), rows)
        mark_counted(connection, self.day)


def _let_go_until_rest_is_large(
    pad: Scratch, site: int, dimension: str, kept: list[tuple[Found, str]]
) -> tuple[int, int]:
    """Returns visits and visitors of all other values; takes the smallest kept one out until these
    are nobody or enough (else the total less what is kept would tell about a few)."""
    while True:
        visits, visitors = pad.rest(site, dimension, [found for found, _ in kept])
        if not kept or not visits or visitors >= LEAST_VISITORS:
            return visits, visitors
        kept.pop()
