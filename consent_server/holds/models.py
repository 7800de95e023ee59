"""Tables of legal holds and of the visits they keep; in the archive and nowhere else.

Both lie in one database, so that hold and visits are written, restored and lost together.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, Integer, LargeBinary, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from consent_server.storage.columns import RowId, UtcDateTime, personal
from consent_server.storage.database import ARCHIVE, Model


class LegalHold(Model):
    """One case. Its row stays as proof when key and visits are destroyed."""

    __bind_key__ = ARCHIVE
    __tablename__ = "legal_holds"
    __table_args__ = (
        {"comment": "cases for which visits are kept beyond their day; never an address in clear"},
    )

    hold_id: Mapped[UUID] = mapped_column(
        Uuid, primary_key=True, comment="random id; names the key"
    )
    name: Mapped[str] = mapped_column(String(200), comment="name of the case")
    basis: Mapped[str] = mapped_column(
        String(20), comment="court investigation litigation authority"
    )
    reference: Mapped[str] = mapped_column(
        String(200), comment="number of the order, of the case or of the letter"
    )
    officer: Mapped[str] = mapped_column(String(200), comment="who answers for it")
    site_id: Mapped[int] = mapped_column(RowId, comment="the site (in the other database: no key)")
    since: Mapped[datetime | None] = mapped_column(
        UtcDateTime, comment="only visits from then on; empty = all"
    )
    until: Mapped[datetime | None] = mapped_column(
        UtcDateTime, comment="only visits before; empty = also new ones"
    )
    narrowed_by: Mapped[str] = mapped_column(
        String(10), comment="address, visitor, or site: all its visits"
    )
    scope: Mapped[bytes | None] = personal(
        LargeBinary,
        retention="legal_hold",
        comment="the address or visitor, encrypted under the key of the hold; empty before and"
        " after it holds",
        nullable=True,
    )
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime, comment="when it was opened")
    opened_by: Mapped[str] = mapped_column(String(320), comment="by which operator")
    ends_at: Mapped[datetime] = mapped_column(
        UtcDateTime, comment="first instant at which it is over"
    )
    released_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, comment="when an operator ended it before"
    )
    held: Mapped[int | None] = mapped_column(
        Integer, comment="how many visits it kept, counted when it was over"
    )
    destroyed_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, comment="when key and visits were destroyed"
    )


class HoldDay(Model):
    """A day all of whose visits a hold has."""

    __bind_key__ = ARCHIVE
    __tablename__ = "hold_days"
    __table_args__ = (
        {"comment": "days all of whose visits a hold has: they need no further look"},
    )

    hold_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, comment="the hold")
    gone_at: Mapped[datetime] = mapped_column(
        UtcDateTime, primary_key=True, comment="end of the visits of one day"
    )


class HeldVisit(Model):
    """A copy of a visit that a hold keeps."""

    __bind_key__ = ARCHIVE
    __tablename__ = "held_visits"
    __table_args__ = (
        UniqueConstraint("hold_id", "visit_id"),
        Index("ix_held_visits_hold_id_id", "hold_id", "id"),
        {"comment": "copies of visits under a legal hold; destroyed when it ends"},
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True, comment="row number")
    hold_id: Mapped[UUID] = mapped_column(Uuid, comment="the hold that keeps it")
    visit_id: Mapped[UUID] = mapped_column(Uuid, comment="random id of the page view")
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime, comment="server's time of the visit")
    device_class: Mapped[str] = mapped_column(String(8), comment="pc mobile tablet bot other")
    payload: Mapped[bytes] = personal(
        LargeBinary,
        retention="legal_hold",
        comment="address, path, device; AES-256-GCM under the key of the hold",
    )
