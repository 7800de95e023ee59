"""Finds consent records for operators: pages of a list, by id, all of one visitor."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, select

from consent_server.consents.models import ConsentRecord
from consent_server.consents.services import ConsentFilter, ConsentRow, conditions
from consent_server.storage.database import db, table_of
from consent_server.storage.looking import PAGE_ROWS, Page, Piece, Place, Search, read_page
from consent_server.storage.replica import reading_engine

_TABLE = table_of(ConsentRecord)
_ID_DIGITS: Final = 32
LEAST_DIGITS: Final = 8  # of ten million ids one in four hundred has them by chance
_START_OF_ID: Final = re.compile(rf"[0-9a-f]{{{LEAST_DIGITS},{_ID_DIGITS}}}")
MOST_OF_VISITOR: Final = 100  # records; whoever decides more often is a machine


@dataclass(frozen=True, slots=True)
class IdRange:
    """The ids that begin with some digits, both ends included."""

    first: UUID
    last: UUID


def id_range(text: str) -> IdRange | None:
    """Returns what is meant by an id or by how one begins; None when it is neither. Pure.

    At least eight hexadecimal digits, with or without dashes, in either case.
    """
    digits = text.replace("-", "").lower()
    if not _START_OF_ID.fullmatch(digits):
        return None
    return IdRange(UUID(digits.ljust(_ID_DIGITS, "0")), UUID(digits.ljust(_ID_DIGITS, "f")))


def read_consents(
    chosen: ConsentFilter, place: Place, pieces: Iterable[Piece]
) -> tuple[Page, list[ConsentRow]]:
    """Returns a page and its records, newest first.

    pieces: where records that fit may lie (statistics.spans), in the order of the page.
    """
    walk = [] if chosen.site_id is None else [_TABLE.c.site_id == chosen.site_id]
    search = Search(_TABLE, walk, conditions(chosen))
    with reading_engine().connect() as connection:
        page = read_page(connection, search, place, pieces)
    return page, _records(page.rows)


def consents_with_id(ids: IdRange, chosen: ConsentFilter) -> list[ConsentRow]:
    """Returns the chosen records whose id is in a range, newest first; a page of them at most.

    The ids have an index: nothing else of the filter may be looked up by the database.
    """
    query = select(_TABLE).where(_TABLE.c.consent_id.between(ids.first, ids.last))
    near = query.limit(PAGE_ROWS).subquery()
    with reading_engine().connect() as connection:
        found = _records(connection.execute(select(near)).all())
    return sorted((one for one in found if _fits(one, chosen)), key=_row_number, reverse=True)


def consents_of_visitor(site_id: int, visitor_id: UUID) -> list[ConsentRow]:
    """Returns the records of a visitor on a site, newest first; the newest hundred at most."""
    query = (
        select(_TABLE)
        .where(_TABLE.c.site_id == site_id, _TABLE.c.visitor_id == visitor_id)
        .order_by(_TABLE.c.id.desc())
        .limit(MOST_OF_VISITOR)
    )
    return _records(db.session.execute(query).all())


def _fits(record: ConsentRow, chosen: ConsentFilter) -> bool:
    """Whether a record is of the chosen ones."""
    same = all(
        value is None or getattr(record, name) == value
        for name in ("site_id", "action", "policy_version", "language")
        for value in [getattr(chosen, name)]
    )
    is_early = chosen.since is not None and record.recorded_at < chosen.since
    is_late = chosen.until is not None and record.recorded_at >= chosen.until
    return same and not is_early and not is_late


def _records(rows: Sequence[Row[Any]]) -> list[ConsentRow]:
    return [ConsentRow(**row._mapping) for row in rows]


def _row_number(record: ConsentRow) -> int:
    return record.id
