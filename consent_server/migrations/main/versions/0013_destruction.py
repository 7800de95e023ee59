"""Certificates of destruction, who confirmed them, and destructions that have begun."""

import sqlalchemy as sa
from alembic import op

from consent_server.storage.append_only import protect, unprotect

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    row_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "destruction_certificates",
        sa.Column(
            "number",
            row_id,
            autoincrement=False,
            nullable=False,
            comment="place in the chain, from 1",
        ),
        _text("record_class", 40, "class of the records"),
        sa.Column(
            "day", sa.Date(), nullable=False, comment="calendar day that the records were of"
        ),
        sa.Column("records", sa.Integer(), nullable=False, comment="how many rows were destroyed"),
        sa.Column("sites", sa.JSON(), nullable=False, comment="how many of each site, by its id"),
        _text("reason", 20, "period_over withdrawal and the like"),
        _text("method", 20, "how: key_and_rows and the like"),
        sa.Column("started_at", instant, nullable=False, comment="before the first step"),
        sa.Column("ended_at", instant, nullable=False, comment="when nothing was found left"),
        _text("executor", 320, "the scheduler and its node, the command line, or an operator"),
        _text("reference", 120, "what makes this destruction one; no second certificate has it"),
        _text("previous", 64, "digest of the certificate before"),
        _text("public_key", 64, "Ed25519 key it was signed with"),
        _text("digest", 64, "SHA-256 of the canonical bytes"),
        _text("signature", 128, "Ed25519 over the canonical bytes"),
        sa.PrimaryKeyConstraint("number", name="pk_destruction_certificates"),
        sa.UniqueConstraint("reference", name="uq_destruction_certificates_reference"),
        comment="ledger of destruction; append-only, chained, signed; no personal data",
    )
    op.create_table(
        "certificate_confirmations",
        sa.Column("id", row_id, nullable=False, comment="row number"),
        sa.Column("certificate", row_id, nullable=False, comment="number of the certificate"),
        _text("digest", 64, "digest of what was confirmed"),
        _text("operator", 320, "account of the operator"),
        sa.Column("at", instant, nullable=False, comment="when"),
        _text("public_key", 64, "Ed25519 key it was signed with"),
        _text("signature", 128, "Ed25519 over number, digest, operator and time"),
        sa.PrimaryKeyConstraint("id", name="pk_certificate_confirmations"),
        sa.ForeignKeyConstraint(
            ["certificate"],
            ["destruction_certificates.number"],
            name="fk_certificate_confirmations_certificate",
        ),
        sa.UniqueConstraint(
            "certificate", "operator", name="uq_certificate_confirmations_certificate_operator"
        ),
        comment="who confirmed which certificate; append-only, signed",
    )
    op.create_table(
        "open_destructions",
        _text("record_class", 40, "class of the records"),
        sa.Column("day", sa.Date(), nullable=False, comment="calendar day of the records"),
        sa.Column("gone_at", instant, nullable=False, comment="instant at which they must be gone"),
        sa.Column("started_at", instant, nullable=False, comment="before the first step"),
        sa.Column("records", sa.Integer(), nullable=False, comment="how many rows were found then"),
        sa.Column("sites", sa.JSON(), nullable=False, comment="how many of each site, by its id"),
        sa.Column(
            "has_key",
            sa.Boolean(),
            nullable=False,
            comment="whether the key of the day was due as well",
        ),
        _text("executor", 320, "who began"),
        sa.PrimaryKeyConstraint("record_class", "day", "gone_at", name="pk_open_destructions"),
        comment="destructions that have begun and are not certified yet; no personal data",
    )
    for table in ("destruction_certificates", "certificate_confirmations"):
        protect(table)


def downgrade() -> None:
    for table in ("certificate_confirmations", "destruction_certificates"):
        unprotect(table)
    for table in ("open_destructions", "certificate_confirmations", "destruction_certificates"):
        op.drop_table(table)


def _text(name: str, length: int, comment: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), nullable=False, comment=comment)
