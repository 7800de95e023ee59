"""Tables of requests for archived visits and of what was handed over; append-only, no visitor data.

The address that is searched for stands in none of them: it is typed when the archive is read, and
kept nowhere. Rows refer to each other by number without foreign keys: each goes when it is over.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, Integer, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from consent_server.storage.columns import RowId, UtcDateTime
from consent_server.storage.database import Model

ACCOUNT: int = 320


class ArchiveRequest(Model):
    """One operator's request to read archived visits."""

    __tablename__ = "archive_requests"
    __table_args__ = ({"comment": "who asked to read archived visits, and why; append-only"},)

    id: Mapped[int] = mapped_column(RowId, primary_key=True, comment="row number")
    reference: Mapped[str] = mapped_column(String(16), unique=True, comment="random name")
    basis: Mapped[str] = mapped_column(String(30), comment="legal basis (disclosures.rules)")
    reason: Mapped[str] = mapped_column(String(300), comment="why, in the operator's words")
    authority: Mapped[str] = mapped_column(String(300), comment="who demands the records, or empty")
    permit_number: Mapped[str] = mapped_column(
        String(300), comment="number of the court's permit, or empty"
    )
    items: Mapped[str] = mapped_column(String(200), comment="which facts, with commas between")
    site_id: Mapped[int | None] = mapped_column(RowId, comment="the site; none: all sites")
    since: Mapped[datetime] = mapped_column(UtcDateTime, comment="first instant of the visits")
    until: Mapped[datetime] = mapped_column(UtcDateTime, comment="first instant left out")
    asked_by: Mapped[str] = mapped_column(String(ACCOUNT), comment="account of who asked")
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime, comment="when")

    decision: Mapped[ArchiveDecision | None] = relationship(
        primaryjoin="ArchiveRequest.id == foreign(ArchiveDecision.request_id)",
        back_populates="request",
        uselist=False,
    )


class ArchiveDecision(Model):
    """What a second operator decided about a request."""

    __tablename__ = "archive_decisions"
    __table_args__ = ({"comment": "what a second operator said to a request; append-only"},)

    id: Mapped[int] = mapped_column(RowId, primary_key=True, comment="row number")
    request_id: Mapped[int] = mapped_column(RowId, unique=True, comment="the request; decided once")
    is_approved: Mapped[bool] = mapped_column(Boolean, comment="whether it may be read")
    decided_by: Mapped[str] = mapped_column(String(ACCOUNT), comment="account of who decided")
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime, comment="when")

    request: Mapped[ArchiveRequest] = relationship(
        primaryjoin="ArchiveRequest.id == foreign(ArchiveDecision.request_id)",
        back_populates="decision",
    )


class Disclosure(Model):
    """Visit records that were handed to an authority (PCSA art. 13(7))."""

    __tablename__ = "disclosures"
    __table_args__ = ({"comment": "ledger of records handed to authorities; append-only"},)

    id: Mapped[int] = mapped_column(RowId, primary_key=True, comment="row number")
    reference: Mapped[str] = mapped_column(String(16), unique=True, comment="random name")
    request_id: Mapped[int] = mapped_column(RowId, comment="the approved request")
    basis: Mapped[str] = mapped_column(String(30), comment="legal basis (disclosures.rules)")
    authority: Mapped[str] = mapped_column(String(300), comment="who got the records")
    permit_number: Mapped[str] = mapped_column(String(300), comment="number of the permit")
    items: Mapped[str] = mapped_column(String(200), comment="which facts, with commas between")
    site_id: Mapped[int | None] = mapped_column(RowId, comment="the site; none: all sites")
    since: Mapped[datetime] = mapped_column(UtcDateTime, comment="first instant of the visits")
    until: Mapped[datetime] = mapped_column(UtcDateTime, comment="first instant left out")
    officer: Mapped[str] = mapped_column(String(ACCOUNT), comment="account of who handed over")
    approver: Mapped[str] = mapped_column(String(ACCOUNT), comment="account of who approved")
    is_by_address: Mapped[bool] = mapped_column(
        Boolean, comment="whether the records are those of one address"
    )
    record_count: Mapped[int] = mapped_column(Integer, comment="how many records")
    sha256: Mapped[str] = mapped_column(String(64), comment="SHA-256 of the file")
    at: Mapped[datetime] = mapped_column(UtcDateTime, comment="when")
