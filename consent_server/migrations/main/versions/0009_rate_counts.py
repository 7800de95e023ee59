"""Counts of requests, shared by several processes."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    # without a log the table costs no disk write and reaches no replica; a crash empties it, and
    # then the spans begin anew
    is_postgres = op.get_bind().dialect.name == "postgresql"
    op.create_table(
        "rate_counts",
        sa.Column(
            "key",
            sa.String(length=120),
            nullable=False,
            comment="rule, keyed hash of whom it is about, span",
        ),
        sa.Column(
            "hits",
            sa.Integer(),
            nullable=False,
            comment="requests told so far",
        ),
        sa.Column(
            "ends_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="end of the span; the row is removed about a minute later",
        ),
        sa.PrimaryKeyConstraint("key", name=("pk_rate_counts")),
        comment="requests counted in the present span of time; on PostgreSQL unlogged",
        prefixes=["UNLOGGED"] if is_postgres else [],
    )


def downgrade() -> None:
    op.drop_table("rate_counts")
