"""Tables of published notices; append-only in the database itself."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Integer, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from consent_server.storage.columns import RowId, UtcDateTime
from consent_server.storage.database import Model


class PolicyVersion(Model):
    """A notice of a site as it was published; never changed afterwards."""

    __tablename__ = "policy_versions"
    __table_args__ = (
        UniqueConstraint("site_id", "number"),
        {"comment": "published notices; append-only"},
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True, comment="row number")
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), comment="the site")
    number: Mapped[int] = mapped_column(Integer, comment="1, 2, 3 ... per site")
    source: Mapped[bytes] = mapped_column(
        LargeBinary, comment="the operator's notice as JSON (policies.schemas.Notice)"
    )
    published_at: Mapped[datetime] = mapped_column(UtcDateTime, comment="in force since")

    texts: Mapped[list[PolicyText]] = relationship(order_by="PolicyText.language")


class PolicyText(Model):
    """What a version shows in one language, byte for byte."""

    __tablename__ = "policy_texts"
    __table_args__ = (
        UniqueConstraint("version_id", "language"),
        {"comment": "canonical texts of published notices; append-only"},
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True, comment="row number")
    version_id: Mapped[int] = mapped_column(ForeignKey("policy_versions.id"), comment="the version")
    language: Mapped[str] = mapped_column(String(12), comment="BCP 47 tag, such as ko")
    canonical: Mapped[bytes] = mapped_column(
        LargeBinary, comment="canonical JSON of everything shown in this language"
    )
    sha256: Mapped[str] = mapped_column(
        String(64), comment="SHA-256 of canonical, computed by the server when published"
    )
