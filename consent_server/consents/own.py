"""The consent records of one visitor, read for that visitor (PIPA art. 35)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Engine, Select, func, select

from consent_server.consents.models import ConsentRecord
from consent_server.errors import NotFound
from consent_server.storage.database import table_of

_TABLE = table_of(ConsentRecord)
_PAGE_ROWS: Final = 500


def count_own(engine: Engine, site_id: int, visitor_id: UUID) -> int:
    """Returns how often a visitor has decided on a site."""
    query = _own(select(func.count()).select_from(_TABLE), site_id, visitor_id)
    with engine.connect() as connection:
        return int(connection.execute(query).scalar_one())


def each_own(engine: Engine, site_id: int, visitor_id: UUID) -> Iterator[Mapping[str, Any]]:
    """Yields a visitor's records newest first, a page of rows in memory."""
    query = _own(select(_TABLE), site_id, visitor_id).order_by(_TABLE.c.id.desc())
    before_id = None
    while True:
        page = query if before_id is None else query.where(_TABLE.c.id < before_id)
        with engine.connect() as connection:
            rows = connection.execute(page.limit(_PAGE_ROWS)).mappings().all()
        yield from (dict(row) for row in rows)
        if len(rows) < _PAGE_ROWS:
            return
        before_id = rows[-1]["id"]


def find_own(engine: Engine, site_id: int, visitor_id: UUID, consent_id: UUID) -> Mapping[str, Any]:
    """Returns one record of a visitor. Raises NotFound, also when it is somebody else's."""
    query = _own(select(_TABLE), site_id, visitor_id).where(_TABLE.c.consent_id == consent_id)
    with engine.connect() as connection:
        row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise NotFound("Nothing is recorded for this visitor under this number.")
    return dict(row)


def _own(query: Select[Any], site_id: int, visitor_id: UUID) -> Select[Any]:
    return query.where(_TABLE.c.site_id == site_id, _TABLE.c.visitor_id == visitor_id)
