"""The ledger of exports: which copies of records were handed out, and which are destroyed again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from consent_server.storage.columns import RowId, UtcDateTime
from consent_server.storage.database import Model


class ExportedCopy(Model):
    """One export. What it is never changes; it is finished once and checked off once."""

    __tablename__ = "exports"
    __table_args__ = (
        Index("ix_exports_expires_at", "expires_at"),
        {"comment": "copies of records that were handed out; holds no visitor data"},
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True, comment="row number")
    reference: Mapped[str] = mapped_column(
        String(40), unique=True, comment="random name of the export, as in the access log"
    )
    owner: Mapped[str] = mapped_column(
        String(320), comment="operator who answers for the copy, or `command line`"
    )
    kind: Mapped[str] = mapped_column(String(20), comment="consents or visits")
    chosen: Mapped[dict[str, Any]] = mapped_column(JSON, comment="filter: what -> which")
    reason: Mapped[str] = mapped_column(String(500), comment="why, in the operator's words")
    made_at: Mapped[datetime] = mapped_column(UtcDateTime, comment="when it was begun")
    finished_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, comment="when its last byte was sent; empty: broken off, a part may exist"
    )
    row_count: Mapped[int | None] = mapped_column(
        BigInteger, comment="how many records are in the file"
    )
    sha256: Mapped[str | None] = mapped_column(String(64), comment="hash of the whole file")
    expires_at: Mapped[datetime] = mapped_column(
        UtcDateTime, comment="by then the copy must be destroyed"
    )
    shredded_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, comment="when somebody said that the copy is destroyed; empty: it is open"
    )
    shredded_by: Mapped[str | None] = mapped_column(String(320), comment="who said so")
