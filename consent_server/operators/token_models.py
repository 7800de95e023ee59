"""The table of tokens of machines."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from consent_server.storage.columns import RowId, UtcDateTime
from consent_server.storage.database import Model


class ApiToken(Model):
    """What a machine shows in place of a password."""

    __tablename__ = "api_tokens"
    __table_args__ = ({"comment": "tokens of machines: what they may ask for, and until when"},)

    id: Mapped[int] = mapped_column(RowId, primary_key=True, comment="row number")
    name: Mapped[str] = mapped_column(String(80), unique=True, comment="what operators call it")
    secret_sha256: Mapped[str] = mapped_column(
        String(64), unique=True, comment="SHA-256 of the token, which has 256 random bits"
    )
    scopes: Mapped[str] = mapped_column(
        String(200), comment="what it may ask for, see operators.tokens; with spaces between"
    )
    site_id: Mapped[int | None] = mapped_column(
        ForeignKey("sites.id"), comment="the one site it is for; none: all sites"
    )
    created_by: Mapped[str] = mapped_column(String(320), comment="account name of who made it")
    created_at: Mapped[datetime] = mapped_column(
        UtcDateTime, comment="when it was made, or renewed"
    )
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, comment="of no use from then on")
    used_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, comment="last use, to the hour; tells tokens that nobody needs"
    )
    old_sha256: Mapped[str | None] = mapped_column(
        String(64), comment="SHA-256 of the token before, while it is still good"
    )
    old_until: Mapped[datetime | None] = mapped_column(
        UtcDateTime, comment="the old one's last instant"
    )
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime, comment="when it was revoked")
