"""What both engines do alike when a piece of a day moves to the archive (see archiving)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row, select

from consent_server.errors import ConsentServerError
from consent_server.storage.absent import insert_absent
from consent_server.storage.database import table_of
from consent_server.storage.partitions.keeper import PartitionKeeper
from consent_server.storage.writing.writer import Writer
from consent_server.visits.models import ArchivedVisit, Visit

VISITS, ARCHIVED = table_of(Visit), table_of(ArchivedVisit)

_ID_BITS: Final = 31
ID_MASK: Final = (1 << _ID_BITS) - 1

Rows = Sequence[Row[Any]]


class StaysBehind(ConsentServerError):
    """A visit cannot move: the archive holds something else in its place. It stays till its day."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Everything that moving needs."""

    engine: Engine
    archive: Engine
    writer: Writer
    keeper: PartitionKeeper


def archive_id(row: Row[Any]) -> int:
    """Returns the row number in the archive: the second it was recorded, then its number in main.

    The number alone would not do: SQLite gives numbers anew once the table has been empty, as it is
    after a quiet week. Rows come in the order of time, so what goes first lies together.
    """
    number: int = row.id & ID_MASK
    return int(row.recorded_at.timestamp()) << _ID_BITS | number


def copy_into(connection: Connection, end: datetime, rows: Rows) -> None:
    """Inserts rows into the archive unless they are there, and compares what is there then.

    Raises StaysBehind when something else is.
    """
    copies = [{**row._mapping, "id": archive_id(row)} for row in rows]
    insert_absent(connection, ARCHIVED, copies)
    numbers = [copy["id"] for copy in copies]
    there = select(ARCHIVED).where(ARCHIVED.c.id.in_(numbers), ARCHIVED.c.gone_at == end)
    found = {row.id: dict(row._mapping) for row in connection.execute(there)}
    for copy in copies:
        if found.get(copy["id"]) != copy:
            raise StaysBehind(
                f"Visit {copy['visit_id']} of {copy['day']} cannot move to the archive: "
                "another record lies in its place. It is destroyed on its day all the same."
            )


def by_site(rows: Rows) -> dict[int, int]:
    """Returns how many rows each site has."""
    return dict(Counter(row.site_id for row in rows))
