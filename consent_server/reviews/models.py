"""The table of reviews, append-only in the database itself."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Date, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from consent_server.storage.columns import RowId, UtcDateTime
from consent_server.storage.database import Model


class LogReview(Model):
    """One look at a month of the access log."""

    __tablename__ = "log_reviews"
    __table_args__ = (
        UniqueConstraint("month", "number"),
        {"comment": "monthly reviews of the access log; append-only, signed; no visitor data"},
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True, comment="row number")
    month: Mapped[date] = mapped_column(Date, comment="first day of the month looked at")
    number: Mapped[int] = mapped_column(Integer, comment="of this month: 1, then additions")
    reviewer: Mapped[str] = mapped_column(String(320), comment="account that signed it")
    at: Mapped[datetime] = mapped_column(UtcDateTime, comment="when it was signed")
    finding: Mapped[str] = mapped_column(String(2000), comment="result, in the reviewer's words")
    acts: Mapped[int] = mapped_column(Integer, comment="entries that are no grants")
    grants: Mapped[int] = mapped_column(Integer, comment="entries about rights")
    own_acts: Mapped[int] = mapped_column(Integer, comment="of them, the reviewer's own")
    last_number: Mapped[int] = mapped_column(
        RowId, comment="row number of the last entry looked at"
    )
    acts_sha256: Mapped[str] = mapped_column(String(64), comment="hash of all but the grants")
    grants_sha256: Mapped[str] = mapped_column(String(64), comment="hash of the grants")
    summary: Mapped[dict[str, Any]] = mapped_column(JSON, comment="counts and what stood out")
    public_key: Mapped[str] = mapped_column(String(64), comment="Ed25519 key it was signed with")
    digest: Mapped[str] = mapped_column(String(64), comment="SHA-256 of what is stated")
    signature: Mapped[str] = mapped_column(String(128), comment="Ed25519 over the same")
