"""Tables of visit records: young ones in the main database, later ones in the archive.

In clear stand only what ordering, filtering and destroying need; everything about the person is
in `payload`, encrypted under the key of `day`. On PostgreSQL both tables are partitioned by
`gone_at` (storage.partitions), which is therefore part of each of their keys there.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Date,
    Index,
    Integer,
    LargeBinary,
    String,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from consent_server.storage.columns import RowId, UtcDateTime, only_on, personal
from consent_server.storage.database import ARCHIVE, Model


def _visitor_index(table: str) -> Index:
    """Finds the visits of one visitor, to erase them; most visits come before any choice."""
    is_known = text("visitor_hash IS NOT NULL")
    return Index(
        f"ix_{table}_visitor_hash",
        "visitor_hash",
        postgresql_where=is_known,
        sqlite_where=is_known,
    )


class _VisitColumns:
    """The columns of a visit record, the same in both databases."""

    id: Mapped[int] = mapped_column(RowId, primary_key=True, comment="row number")
    visit_id: Mapped[UUID] = mapped_column(
        Uuid, comment="random id of the page view; idempotency key"
    )
    site_id: Mapped[int] = mapped_column(RowId, comment="the site (no foreign key: see visits)")
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime, comment="server's time")
    day: Mapped[date] = mapped_column(
        Date, comment="calendar day in the zone of the law; names the key of the payload"
    )
    gone_at: Mapped[datetime] = mapped_column(
        UtcDateTime, comment="first instant at which this row must not exist (periods)"
    )
    device_class: Mapped[str] = mapped_column(String(8), comment="pc mobile tablet bot other")
    country: Mapped[str] = mapped_column(
        String(2),
        server_default="",
        comment="ISO 3166-1 code; empty: unknown, or no more is kept of the address",
    )
    address_hash: Mapped[bytes | None] = mapped_column(
        LargeBinary(16), comment="keyed hash of the address; dies with the key of the day"
    )
    visitor_hash: Mapped[bytes | None] = mapped_column(
        LargeBinary(16), comment="keyed hash of the visitor, if known; dies with the key of the day"
    )

    @declared_attr
    def payload(cls) -> Mapped[bytes]:  # noqa: N805  # declared_attr gets the class
        """Encrypted part of the record."""
        return personal(
            LargeBinary,
            retention="visit",
            comment="address, path, device; AES-256-GCM under the key of the day",
        )


class Visit(_VisitColumns, Model):
    """A visit within its operating window."""

    __tablename__ = "visits"
    __table_args__ = (
        only_on("postgresql", UniqueConstraint("visit_id", "gone_at")),
        only_on("sqlite", Index("ix_visits_gone_at_day", "gone_at", "day")),
        Index("ix_visits_site_id_id", "site_id", "id"),
        _visitor_index("visits"),
        {
            "comment": "page views; destroyed at gone_at",
            "postgresql_partition_by": "LIST (gone_at)",
            "info": {"is_read_back": False},  # nobody asks what became of a repeated one
        },
    )


class RecentVisit(Model):
    """The id of a page view of today or yesterday (SQLite; see storage.partitions.repeats)."""

    __tablename__ = "recent_visits"
    __table_args__ = (
        {
            "comment": "ids of page views of two days, by trigger; known ones are skipped",
            "sqlite_with_rowid": False,
            "info": {"only_on": "sqlite"},
        },
    )

    day: Mapped[date] = mapped_column(Date, primary_key=True, comment="calendar day of the visit")
    visit_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, comment="random id")


class VisitDay(Model):
    """What became of the visits of one day; no row: nothing yet."""

    __tablename__ = "visit_days"
    __table_args__ = ({"comment": "how far each day's visits have come: counted, archived"},)

    day: Mapped[date] = mapped_column(Date, primary_key=True, comment="calendar day of the visits")
    counted_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, comment="when its statistics were made"
    )
    archived_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, comment="when its last visit had moved to the archive"
    )


class _ErasureColumns:
    """How far a database has come in the journal of erasures (visits.journal)."""

    day: Mapped[date] = mapped_column(Date, primary_key=True, comment="calendar day of the visits")
    lines: Mapped[int] = mapped_column(
        Integer, comment="lines of the day's journal that need no further look"
    )
    uncertified: Mapped[int] = mapped_column(
        Integer, comment="visits removed since the last certificate"
    )
    uncertified_since: Mapped[datetime | None] = mapped_column(
        UtcDateTime, comment="when the first of those was removed"
    )


_ERASURES: Final = "how far this database has come in the journal of erasures (visits.journal)"


class Erasure(_ErasureColumns, Model):
    """Of the main database."""

    __tablename__ = "erasures"
    __table_args__ = ({"comment": _ERASURES},)


class ArchivedErasure(_ErasureColumns, Model):
    """Of the archive."""

    __bind_key__ = ARCHIVE
    __tablename__ = "archived_erasures"
    __table_args__ = ({"comment": _ERASURES},)


class ArchivedCount(Model):
    """How many visits of a site and day moved to the archive: known without a look into it."""

    __tablename__ = "archived_counts"
    __table_args__ = ({"comment": "how many visits moved to the archive, by day and site"},)

    day: Mapped[date] = mapped_column(Date, primary_key=True, comment="calendar day of the visits")
    site_id: Mapped[int] = mapped_column(
        RowId, primary_key=True, autoincrement=False, comment="the site (no foreign key)"
    )
    visits: Mapped[int] = mapped_column(BigInteger, comment="rows moved so far")


class ArchivedVisit(_VisitColumns, Model):
    """A visit whose purpose is met, kept apart until its day (PIPA art. 21(3)).

    Its `id` says where in the main database it was (retention.archiving), so a row that is moved
    twice is one row, without a second index that would hinder destruction (storage.partitions).
    """

    __bind_key__ = ARCHIVE
    __tablename__ = "archived_visits"
    __table_args__ = (
        only_on("postgresql", UniqueConstraint("visit_id", "gone_at")),
        only_on("sqlite", Index("ix_archived_visits_gone_at", "gone_at")),
        _visitor_index("archived_visits"),
        {
            "comment": "page views kept apart as the law asks; destroyed at gone_at",
            "postgresql_partition_by": "LIST (gone_at)",
        },
    )
