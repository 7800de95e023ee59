"""Tables of notices: versions and their texts, append-only in the database itself, and drafts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Integer, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from consent_server.storage.columns import RowId, UtcDateTime
from consent_server.storage.database import Model


class PolicyVersion(Model):
    """A notice of a site as it was frozen; never changed afterwards."""

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
    announced_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, comment="announced since; none: in force at once, without a notice period"
    )
    reason: Mapped[str | None] = mapped_column(
        String(500), comment="why it was made, in the operator's words, for everyone to read"
    )
    frame: Mapped[bytes | None] = mapped_column(
        LargeBinary, comment="JSON: what stood around the text when it was frozen (policies.frame)"
    )

    texts: Mapped[list[PolicyText]] = relationship(order_by="PolicyText.language")
    cancellation: Mapped[PolicyCancellation | None] = relationship()


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


class PolicyCancellation(Model):
    """An announced version that was called off before its day; it never was in force."""

    __tablename__ = "policy_cancellations"
    __table_args__ = ({"comment": "announced notices that were called off; append-only"},)

    version_id: Mapped[int] = mapped_column(
        ForeignKey("policy_versions.id"), primary_key=True, comment="the version"
    )
    cancelled_at: Mapped[datetime] = mapped_column(UtcDateTime, comment="when it was called off")
    reason: Mapped[str] = mapped_column(String(500), comment="why, for everyone to read")


class PolicyDraft(Model):
    """The notice that operators are working on; one per site, changed freely."""

    __tablename__ = "policy_drafts"
    __table_args__ = ({"comment": "notices that nobody has been shown yet, one per site"},)

    site_id: Mapped[int] = mapped_column(
        ForeignKey("sites.id"), primary_key=True, comment="the site"
    )
    source: Mapped[bytes] = mapped_column(
        LargeBinary, comment="the notice as JSON (policies.schemas.Notice); may be incomplete"
    )
    edits: Mapped[int] = mapped_column(
        Integer, comment="how often it was saved; tells two editors apart"
    )
    edited_at: Mapped[datetime] = mapped_column(UtcDateTime, comment="when it was saved last")
    editor: Mapped[str] = mapped_column(
        String(320), comment="account name of the operator who saved it last, or `command line`"
    )
