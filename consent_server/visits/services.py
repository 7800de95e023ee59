"""Reads visit records. Every read denies from `gone_at` on, whether or not a job ran."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import astuple
from sqlalchemy import ColumnElement, Connection, Engine, Row, Select, func, select

from consent_server import clock
from consent_server.keys.ring import KeyRing
from consent_server.periods import RetentionPeriod
from consent_server.storage.database import table_of
from consent_server.storage.day_groups import day_groups
from consent_server.storage.looking import EVERYWHERE, Page, Piece, Place, Search, read_page
from consent_server.storage.replica import reading_engine
from consent_server.storage.sqlite import by_row_number
from consent_server.visits.day_spans import span_of
from consent_server.visits.models import Visit
from consent_server.visits.recorder import RECORD_CLASS
from consent_server.visits.schemas import Payload, payload_decoder

_TABLE = table_of(Visit)
_PAGE_ROWS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitFilter:
    """Which visits to read; None means any. `since` is included, `until` is not.

    last_id: the highest row number, as of some instant.
    """

    site_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    device_class: str | None = None
    last_id: int | None = None
    country: str | None = None


class VisitView(msgspec.Struct, frozen=True):
    """A visit as operators with the right role see it, decrypted."""

    id: int
    visit_id: UUID
    site_id: int
    recorded_at: datetime
    gone_at: datetime
    device_class: str
    country: str
    ip: str
    path: str
    referrer: str
    visitor: str
    browser: str
    browser_version: str
    system: str
    system_version: str
    device: str
    is_bot: bool
    user_agent: str


@dataclass(frozen=True, slots=True)
class VisitReader:
    """Reads and decrypts visits that may still be read."""

    ring: KeyRing
    period: RetentionPeriod

    def newest(self, chosen: VisitFilter, *, limit: int = 50) -> list[VisitView]:
        """Returns the newest visits, newest first."""
        query = _filtered(chosen).order_by(_TABLE.c.id.desc()).limit(limit)
        with reading_engine().connect() as connection:
            return self.views(connection.execute(query).all())

    def page(
        self, chosen: VisitFilter, *, below: int | None = None, above: int | None = None
    ) -> tuple[Page, list[VisitView]]:
        """Returns a page of visits that fit, newest first: those next below or above a row.

        Of those whose key is gone none is left.
        """
        walk = [_TABLE.c.gone_at > clock.now()]
        if chosen.site_id is not None:
            walk.append(_TABLE.c.site_id == chosen.site_id)
        search = Search(_TABLE, walk, _fits(chosen))
        with reading_engine().connect() as connection:
            pieces = self._pieces(connection, chosen)
            page = read_page(connection, search, Place(below, above), pieces)
        return page, self.views(page.rows)

    def _pieces(self, connection: Connection, chosen: VisitFilter) -> list[Piece]:
        """Returns the row numbers among which the visits of a period are."""
        if chosen.since is None and chosen.until is None:
            return [EVERYWHERE]
        groups = [
            group
            for group in day_groups(connection)
            if _touches(span_of(group, self.period), chosen)
        ]
        if not groups:
            return []
        first, last = (each.first_id for each in groups), (each.last_id for each in groups)
        return [Piece(min(first), max(last))]

    def number_at(self, instant: datetime) -> int | None:
        """Returns the row below which the visits of before an instant are; None: that is all."""
        with reading_engine().connect() as connection:
            groups = day_groups(connection)
        before = [each.last_id for each in groups if span_of(each, self.period)[0] < instant]
        if len(before) == len(groups):
            return None
        return max(before, default=0) + 1

    def about_how_many(self) -> int:
        """Returns how many visits there are, of all sites: as many as row numbers were given."""
        with reading_engine().connect() as connection:
            return sum(group.last_id - group.first_id + 1 for group in day_groups(connection))

    def each(self, engine: Engine, chosen: VisitFilter) -> Iterator[VisitView]:
        """Yields visits oldest first in constant memory, one short read per page of rows.

        A visit whose last instant passes while this runs is left out from then on.
        """
        after_id = 0
        while True:
            query = _filtered(chosen, engine).where(_TABLE.c.id > after_id).order_by(_TABLE.c.id)
            with engine.connect() as connection:
                rows = connection.execute(query.limit(_PAGE_ROWS)).all()
            yield from self.views(rows)
            if len(rows) < _PAGE_ROWS:
                return
            after_id = rows[-1].id

    def views(self, rows: Sequence[Row[Any]]) -> list[VisitView]:
        """Returns rows of either database decrypted; those whose key is gone are left out."""
        sealed = [(row.day, row.visit_id, row.payload) for row in rows]
        opened = self.ring.decrypt_page(RECORD_CLASS, sealed)
        # Where the key is gone, so is the record, whatever is left of the row.
        return [_view(row, plain) for row, plain in zip(rows, opened, strict=True) if plain]


def count_visits(engine: Engine, chosen: VisitFilter, at_most: int | None = None) -> int:
    """Returns how many visits there are; counts no further than `at_most`."""
    found = _filtered(chosen).with_only_columns(_TABLE.c.id).limit(at_most).subquery()
    with engine.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(found)).scalar_one())


def _view(row: Row[Any], plain: bytes) -> VisitView:
    payload = astuple(payload_decoder.decode(plain))
    clear = (row.id, row.visit_id, row.site_id, row.recorded_at, row.gone_at)
    return VisitView(*clear, row.device_class, row.country, *payload)


assert VisitView.__struct_fields__[7:] == Payload.__struct_fields__  # _view counts on it


def _filtered(chosen: VisitFilter, exporting: Engine | None = None) -> Select[Any]:
    query = select(_TABLE).where(_TABLE.c.gone_at > clock.now(), *_fits(chosen))
    if chosen.site_id is not None:
        site_id = by_row_number(_TABLE.c.site_id, exporting) if exporting else _TABLE.c.site_id
        query = query.where(site_id == chosen.site_id)
    return query


def _fits(chosen: VisitFilter) -> list[ColumnElement[bool]]:
    """Returns the conditions that no index serves: each would cost every visit (ADR 42)."""
    visits, fits = _TABLE.c, list[ColumnElement[bool]]()
    if chosen.since is not None:
        fits.append(visits.recorded_at >= chosen.since)
    if chosen.until is not None:
        fits.append(visits.recorded_at < chosen.until)
    if chosen.device_class is not None:
        fits.append(visits.device_class == chosen.device_class)
    if chosen.country is not None:
        fits.append(visits.country == chosen.country)
    if chosen.last_id is not None:
        fits.append(visits.id <= chosen.last_id)
    return fits


def _touches(span: tuple[datetime, datetime], chosen: VisitFilter) -> bool:
    """Whether visits of a span of time may be of the period."""
    since, until = span
    is_early = chosen.since is not None and until <= chosen.since
    is_late = chosen.until is not None and since >= chosen.until
    return not (is_early or is_late)
