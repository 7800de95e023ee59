"""Counts of decisions by day, and up to which record they go."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"

_number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "decision_counts",
        sa.Column("site_id", _number, nullable=False, comment="the site (no foreign key)"),
        sa.Column("day", sa.Date(), nullable=False, comment="calendar day of the decisions"),
        sa.Column("what", sa.String(length=12), nullable=False, comment="action granted refused"),
        sa.Column(
            "value",
            sa.String(length=64),
            nullable=False,
            comment="the action, or the purpose that was decided",
        ),
        sa.Column(
            "policy_version", sa.Integer(), nullable=False, comment="number of the notice shown"
        ),
        sa.Column(
            "language", sa.String(length=12), nullable=False, comment="language it was shown in"
        ),
        sa.Column("records", sa.BigInteger(), nullable=False, comment="consent records"),
        sa.PrimaryKeyConstraint(
            "site_id",
            "day",
            "what",
            "value",
            "policy_version",
            "language",
            name=("pk_decision_counts"),
        ),
        comment="statistics of a day's decisions, kept without end: counts, nobody's record",
    )
    op.create_table(
        "decision_progress",
        sa.Column("id", sa.Integer(), nullable=False, comment="always 1"),
        sa.Column(
            "counted_id",
            sa.BigInteger(),
            nullable=False,
            comment="row number of the last record that is counted",
        ),
        sa.Column(
            "counted_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when it was counted",
        ),
        sa.Column(
            "seen_id",
            sa.BigInteger(),
            nullable=False,
            comment="highest row number at the last look (PostgreSQL)",
        ),
        sa.Column(
            "seen_open",
            sa.BigInteger(),
            nullable=False,
            comment="first transaction that had not begun at that look (PostgreSQL)",
        ),
        sa.PrimaryKeyConstraint("id", name=("pk_decision_progress")),
        comment="up to which consent record decisions are counted",
    )


def downgrade() -> None:
    op.drop_table("decision_progress")
    op.drop_table("decision_counts")
