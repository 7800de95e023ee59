"""The table of consent records; UPDATE and DELETE are refused by the database itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Boolean, ForeignKey, Index, Integer, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from consent_server.storage.columns import RowId, UtcDateTime, personal
from consent_server.storage.database import Model


class ConsentRecord(Model):
    """All decisions of one visitor at one moment. A change of mind is a new record."""

    __tablename__ = "consent_records"
    __table_args__ = (
        Index("ix_consent_records_site_id_id", "site_id", "id"),
        Index("ix_consent_records_site_id_visitor_id", "site_id", "visitor_id"),
        {"comment": "what visitors decided; append-only; no address, no user agent"},
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True, comment="row number")
    consent_id: Mapped[UUID] = mapped_column(
        Uuid, unique=True, comment="random id, known to the visitor; also the idempotency key"
    )
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), comment="the site")
    visitor_id: Mapped[UUID] = personal(
        Uuid, retention="consent", comment="random pseudonym of a browser on this site"
    )
    action: Mapped[str] = mapped_column(String(12), comment="what the visitor did")
    policy_version: Mapped[int] = mapped_column(Integer, comment="number of the notice shown")
    language: Mapped[str] = mapped_column(String(12), comment="language it was shown in")
    text_sha256: Mapped[str] = mapped_column(String(64), comment="hash of the text shown")
    decisions: Mapped[dict[str, Any]] = mapped_column(JSON, comment="purpose -> granted")
    services: Mapped[dict[str, Any]] = mapped_column(JSON, comment="service -> granted")
    layer: Mapped[str] = mapped_column(String(12), comment="where it was decided")
    trusted: Mapped[bool] = mapped_column(
        Boolean, comment="whether a person, not a script, made the click"
    )
    gpc: Mapped[bool] = mapped_column(
        Boolean, comment="whether the browser sent Global Privacy Control"
    )
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime, comment="server's time")
    valid_until: Mapped[datetime] = mapped_column(UtcDateTime, comment="asked again after this")
    digest: Mapped[str] = mapped_column(
        String(64), comment="SHA-256 over the canonical JSON of all other facts"
    )
