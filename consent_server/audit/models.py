"""The table of the access log, append-only in the database itself."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from consent_server.storage.columns import RowId, UtcDateTime
from consent_server.storage.database import Model


class AccessEntry(Model):
    """One act of one operator."""

    __tablename__ = "access_log"
    __table_args__ = (
        Index("ix_access_log_site_id_at", "site_id", "at"),
        {"comment": "what operators did; append-only; holds no visitor data"},
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True, comment="row number")
    at: Mapped[datetime] = mapped_column(UtcDateTime, comment="when it happened")
    operator: Mapped[str] = mapped_column(
        String(320), comment="account name of the operator, or `command line`"
    )
    act: Mapped[str] = mapped_column(String(60), comment="what was done, such as visits.export")
    site_id: Mapped[int | None] = mapped_column(RowId, comment="the site concerned, if one")
    record_count: Mapped[int | None] = mapped_column(
        Integer, comment="how many records were shown or handed out"
    )
    reason: Mapped[str] = mapped_column(String(500), comment="why, in the operator's words")
    reference: Mapped[str] = mapped_column(
        String(120), comment="opaque pointer, such as the id of an export"
    )
    source: Mapped[str] = mapped_column(
        String(45), server_default="", comment="address that the operator came from, if over http"
    )
    previous: Mapped[str] = mapped_column(
        String(64), server_default="", comment="digest of the entry before in the same chain"
    )
    signed_with: Mapped[str] = mapped_column(
        String(64), server_default="", comment="Ed25519 key it was signed with"
    )
    signature: Mapped[str] = mapped_column(
        String(128), server_default="", comment="Ed25519 over the entry; empty: older than chains"
    )
