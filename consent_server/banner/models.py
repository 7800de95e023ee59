"""Tables of frozen scripts and of the code of each release; append-only in the database itself."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Integer, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from consent_server.storage.columns import RowId, UtcDateTime
from consent_server.storage.database import Model


class PinnedScript(Model):
    """The exact bytes of a site's script at one moment, under an address of their own."""

    __tablename__ = "pinned_scripts"
    __table_args__ = (
        UniqueConstraint("site_id", "name"),
        {"comment": "scripts that never change, for tags with integrity; append-only"},
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True, comment="row number")
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), comment="the site")
    name: Mapped[str] = mapped_column(
        String(16), comment="in the address: how the SHA-256 of the script begins, hex"
    )
    integrity: Mapped[str] = mapped_column(
        String(71), comment="SHA-384 of the script as HTML's integrity attribute has it"
    )
    language: Mapped[str] = mapped_column(String(12), comment="the one language that it speaks")
    policy_version: Mapped[int] = mapped_column(Integer, comment="number of the notice it shows")
    script: Mapped[bytes] = mapped_column(
        LargeBinary, deferred=True, comment="the script, every part of the banner included"
    )
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, comment="when it was frozen")


class BannerScript(Model):
    """The code of the banner as one release built it."""

    __tablename__ = "banner_scripts"
    __table_args__ = ({"comment": "the code of the banner, release by release; append-only"},)

    build: Mapped[str] = mapped_column(String(10), primary_key=True, comment="names the code, hex")
    code: Mapped[bytes] = mapped_column(
        LargeBinary, deferred=True, comment="JSON of the built parts, zlib"
    )
    since: Mapped[datetime] = mapped_column(UtcDateTime, comment="first seen in use")
