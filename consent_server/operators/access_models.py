"""Tables of who may do what where, who is invited, and who is in: no personal data of visitors."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from consent_server.storage.columns import RowId, UtcDateTime
from consent_server.storage.database import Model


class Grant(Model):
    """A role that an operator has, or had, on one site or on all."""

    __tablename__ = "operator_grants"
    __table_args__ = ({"comment": "which operator has, or had, which role where, given by whom"},)

    id: Mapped[int] = mapped_column(RowId, primary_key=True, comment="row number")
    operator_id: Mapped[int] = mapped_column(
        ForeignKey("operators.id"), index=True, comment="who has the role"
    )
    role: Mapped[str] = mapped_column(String(20), comment="the role, see operators.rules")
    site_id: Mapped[int | None] = mapped_column(
        ForeignKey("sites.id"), comment="the one site it holds for; none: all sites"
    )
    granted_by: Mapped[str] = mapped_column(
        String(320), comment="account name of who gave it, or `command line`"
    )
    granted_at: Mapped[datetime] = mapped_column(UtcDateTime, comment="when it was given")
    ended_by: Mapped[str | None] = mapped_column(
        String(320), comment="account name of who took it back"
    )
    ended_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, comment="when it was taken back; the row stays for three years"
    )


class Invitation(Model):
    """A link that makes one account; it is gone once used, withdrawn or expired."""

    __tablename__ = "operator_invitations"
    __table_args__ = ({"comment": "links that make an account, not yet used"},)

    id: Mapped[int] = mapped_column(RowId, primary_key=True, comment="row number")
    email: Mapped[str] = mapped_column(String(254), unique=True, comment="account name to come")
    role: Mapped[str] = mapped_column(String(20), comment="the role that the account will have")
    site_id: Mapped[int | None] = mapped_column(
        ForeignKey("sites.id"), comment="the one site it will hold for; none: all sites"
    )
    nonce_sha256: Mapped[str] = mapped_column(
        String(64), unique=True, comment="SHA-256 of the random part of the link"
    )
    invited_by: Mapped[str] = mapped_column(String(320), comment="account name of who invited")
    invited_at: Mapped[datetime] = mapped_column(UtcDateTime, comment="when the link was made")
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, comment="of no use after this")


class OperatorSession(Model):
    """One browser that is signed in."""

    __tablename__ = "operator_sessions"
    __table_args__ = ({"comment": "browsers that are signed in; a row removed is a session ended"},)

    id: Mapped[int] = mapped_column(RowId, primary_key=True, comment="row number")
    operator_id: Mapped[int] = mapped_column(
        ForeignKey("operators.id"), index=True, comment="who is signed in"
    )
    token_sha256: Mapped[str] = mapped_column(
        String(64), unique=True, comment="SHA-256 of the session's random name in the cookie"
    )
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, comment="when it was signed in")
    seen_at: Mapped[datetime] = mapped_column(
        UtcDateTime, comment="last request, to the minute; half an hour later the session has ended"
    )
    source: Mapped[str] = mapped_column(
        String(45), comment="address of the operator, as our own proxies vouch for it"
    )
    device: Mapped[str] = mapped_column(String(120), comment="device in words, for its owner")
