"""Visits kept apart until their day."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "archived_visits",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="row number",
        ),
        sa.Column(
            "visit_id",
            sa.Uuid(),
            nullable=False,
            comment="random id of the page view; idempotency key",
        ),
        sa.Column(
            "site_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="the site (no foreign key: see visits)",
        ),
        sa.Column(
            "recorded_at", sa.DateTime(timezone=True), nullable=False, comment="server's time"
        ),
        sa.Column(
            "day",
            sa.Date(),
            nullable=False,
            comment="calendar day in the zone of the law; names the key of the payload",
        ),
        sa.Column(
            "gone_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="first instant at which this row must not exist (periods)",
        ),
        sa.Column(
            "device_class",
            sa.String(length=8),
            nullable=False,
            comment="pc mobile tablet bot other",
        ),
        sa.Column(
            "payload",
            sa.LargeBinary(),
            nullable=False,
            comment="address, path, device; AES-256-GCM under the key of the day",
        ),
        sa.PrimaryKeyConstraint("id", name=("pk_archived_visits")),
        sa.UniqueConstraint("visit_id", name=("uq_archived_visits_visit_id")),
        comment="page views kept apart as the law asks; destroyed at gone_at",
    )
    op.create_index("ix_archived_visits_gone_at", "archived_visits", ["gone_at"], unique=False)


def downgrade() -> None:
    op.drop_table("archived_visits")
