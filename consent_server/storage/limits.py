"""How rows of an append-only table leave it once their period is over, and no other way.

Whoever destroys states a limit in the same transaction (`stated_limit`): the present, and the
instant before which rows are over. The trigger on DELETE (letting_go) lets a row go only if it is
over by that limit, and only if the limit lies at least as far in the past as the period that the
migration wrote into the trigger. The statement is taken back before the commit, so no other
transaction ever sees one: a DELETE by hand, by a bug or with a limit of today is refused by the
database itself.

Rejected: the database server's own clock (with several nodes and restored machines it need not be
the one that the records were made by), a setting of the session (SQLite has none, and behind a
pooler it could outlive its transaction), switching the trigger off (that stops all writers).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Connection, String, delete, insert
from sqlalchemy.orm import Mapped, mapped_column

from consent_server.storage.columns import UtcDateTime
from consent_server.storage.database import Model


class DestructionLimit(Model):
    """Until when rows of a table are over; stands there only within the destroying transaction."""

    __tablename__ = "destruction_limits"
    __table_args__ = ({"comment": "what the present transaction may destroy; else always empty"},)

    table_name: Mapped[str] = mapped_column(String(60), primary_key=True, comment="the table")
    stated_at: Mapped[datetime] = mapped_column(UtcDateTime, comment="the present, as stated")
    before: Mapped[datetime] = mapped_column(
        UtcDateTime, comment="rows whose period counts from before this are over"
    )


@contextmanager
def stated_limit(
    connection: Connection, table: str, *, before: datetime, now: datetime
) -> Iterator[None]:
    """Lets rows of a table that are over go inside, as part of the caller's transaction.

    Two transactions that destroy rows of one table at the same time wait for each other.
    """
    connection.execute(
        insert(DestructionLimit).values(table_name=table, stated_at=now, before=before)
    )
    yield
    connection.execute(delete(DestructionLimit).where(DestructionLimit.table_name == table))
