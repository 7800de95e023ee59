"""Consent records: what visitors decided."""

import sqlalchemy as sa
from alembic import op

from consent_server.storage.append_only import protect, unprotect

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "consent_records",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="row number",
        ),
        sa.Column(
            "consent_id",
            sa.Uuid(),
            nullable=False,
            comment="random id, known to the visitor; also the idempotency key",
        ),
        sa.Column(
            "site_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="the site",
        ),
        sa.Column(
            "visitor_id",
            sa.Uuid(),
            nullable=False,
            comment="random pseudonym of a browser on this site",
        ),
        sa.Column("action", sa.String(length=12), nullable=False, comment="what the visitor did"),
        sa.Column(
            "policy_version", sa.Integer(), nullable=False, comment="number of the notice shown"
        ),
        sa.Column(
            "language", sa.String(length=12), nullable=False, comment="language it was shown in"
        ),
        sa.Column(
            "text_sha256", sa.String(length=64), nullable=False, comment="hash of the text shown"
        ),
        sa.Column("decisions", sa.JSON(), nullable=False, comment="purpose -> granted"),
        sa.Column("services", sa.JSON(), nullable=False, comment="service -> granted"),
        sa.Column("layer", sa.String(length=12), nullable=False, comment="where it was decided"),
        sa.Column(
            "trusted",
            sa.Boolean(),
            nullable=False,
            comment="whether a person, not a script, made the click",
        ),
        sa.Column(
            "gpc",
            sa.Boolean(),
            nullable=False,
            comment="whether the browser sent Global Privacy Control",
        ),
        sa.Column(
            "recorded_at", sa.DateTime(timezone=True), nullable=False, comment="server's time"
        ),
        sa.Column(
            "valid_until",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="asked again after this",
        ),
        sa.Column(
            "digest",
            sa.String(length=64),
            nullable=False,
            comment="SHA-256 over the canonical JSON of all other facts",
        ),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=("fk_consent_records_site_id")),
        sa.PrimaryKeyConstraint("id", name=("pk_consent_records")),
        sa.UniqueConstraint("consent_id", name=("uq_consent_records_consent_id")),
        comment="what visitors decided; append-only; no address, no user agent",
    )
    op.create_index(
        "ix_consent_records_site_id_recorded_at",
        "consent_records",
        ["site_id", "recorded_at"],
        unique=False,
    )
    op.create_index(
        "ix_consent_records_site_id_visitor_id",
        "consent_records",
        ["site_id", "visitor_id"],
        unique=False,
    )
    protect("consent_records", repeats="consent_id")


def downgrade() -> None:
    unprotect("consent_records")
    op.drop_table("consent_records")
