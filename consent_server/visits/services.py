"""Reads visit records. Every read denies from `gone_at` on, whether or not a job ran."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import astuple
from sqlalchemy import Engine, Row, Select, func, select

from consent_server import clock
from consent_server.keys.ring import KeyRing
from consent_server.storage.database import table_of
from consent_server.storage.replica import reading_engine
from consent_server.storage.sqlite import by_row_number
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


class VisitView(msgspec.Struct, frozen=True):
    """A visit as operators with the right role see it, decrypted."""

    id: int
    visit_id: UUID
    site_id: int
    recorded_at: datetime
    gone_at: datetime
    device_class: str
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

    def newest(
        self, chosen: VisitFilter, *, before_id: int | None = None, limit: int = 50
    ) -> list[VisitView]:
        """Returns visits newest first; `before_id` is the last id of the page before."""
        query = _filtered(chosen).order_by(_TABLE.c.id.desc()).limit(limit)
        if before_id is not None:
            query = query.where(_TABLE.c.id < before_id)
        with reading_engine().connect() as connection:
            return self.views(connection.execute(query).all())

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
    clear = (row.id, row.visit_id, row.site_id, row.recorded_at, row.gone_at, row.device_class)
    return VisitView(*clear, *payload)


assert VisitView.__struct_fields__[6:] == Payload.__struct_fields__  # _view counts on it


def _filtered(chosen: VisitFilter, exporting: Engine | None = None) -> Select[Any]:
    query = select(_TABLE).where(_TABLE.c.gone_at > clock.now())
    if chosen.site_id is not None:
        site_id = by_row_number(_TABLE.c.site_id, exporting) if exporting else _TABLE.c.site_id
        query = query.where(site_id == chosen.site_id)
    if chosen.since is not None:
        query = query.where(_TABLE.c.recorded_at >= chosen.since)
    if chosen.until is not None:
        query = query.where(_TABLE.c.recorded_at < chosen.until)
    if chosen.device_class is not None:
        query = query.where(_TABLE.c.device_class == chosen.device_class)
    if chosen.last_id is not None:
        query = query.where(_TABLE.c.id <= chosen.last_id)
    return query
