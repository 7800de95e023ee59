"""Tables of certificates and of their confirmations, append-only in the database itself."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, Date, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from consent_server.storage.columns import RowId, UtcDateTime
from consent_server.storage.database import Model


class DestructionCertificate(Model):
    """One destruction: a class of records of a day, or a part of it."""

    __tablename__ = "destruction_certificates"
    __table_args__ = (
        UniqueConstraint("reference"),
        {"comment": "ledger of destruction; append-only, chained, signed; no personal data"},
    )

    number: Mapped[int] = mapped_column(
        RowId, primary_key=True, autoincrement=False, comment="place in the chain, from 1"
    )
    record_class: Mapped[str] = mapped_column(String(40), comment="class of the records")
    day: Mapped[date] = mapped_column(Date, comment="calendar day that the records were of")
    records: Mapped[int] = mapped_column(Integer, comment="how many rows were destroyed")
    sites: Mapped[dict[str, int]] = mapped_column(JSON, comment="how many of each site, by its id")
    reason: Mapped[str] = mapped_column(String(20), comment="period_over withdrawal and the like")
    method: Mapped[str] = mapped_column(String(20), comment="how: key_and_rows and the like")
    started_at: Mapped[datetime] = mapped_column(UtcDateTime, comment="before the first step")
    ended_at: Mapped[datetime] = mapped_column(UtcDateTime, comment="when nothing was found left")
    executor: Mapped[str] = mapped_column(
        String(320), comment="the scheduler and its node, the command line, or an operator"
    )
    reference: Mapped[str] = mapped_column(
        String(120), comment="what makes this destruction one; no second certificate has it"
    )
    previous: Mapped[str] = mapped_column(String(64), comment="digest of the certificate before")
    public_key: Mapped[str] = mapped_column(String(64), comment="Ed25519 key it was signed with")
    digest: Mapped[str] = mapped_column(String(64), comment="SHA-256 of the canonical bytes")
    signature: Mapped[str] = mapped_column(String(128), comment="Ed25519 over the canonical bytes")


class CertificateConfirmation(Model):
    """An operator who looked at a certificate and confirmed it."""

    __tablename__ = "certificate_confirmations"
    __table_args__ = (
        UniqueConstraint("certificate", "operator"),
        {"comment": "who confirmed which certificate; append-only, signed"},
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True, comment="row number")
    certificate: Mapped[int] = mapped_column(
        ForeignKey("destruction_certificates.number"), comment="number of the certificate"
    )
    digest: Mapped[str] = mapped_column(String(64), comment="digest of what was confirmed")
    operator: Mapped[str] = mapped_column(String(320), comment="account of the operator")
    at: Mapped[datetime] = mapped_column(UtcDateTime, comment="when")
    public_key: Mapped[str] = mapped_column(String(64), comment="Ed25519 key it was signed with")
    signature: Mapped[str] = mapped_column(
        String(128), comment="Ed25519 over number, digest, operator and time"
    )
