"""Counts of decisions by device and by country, and those that are held back."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"

_number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


_DIMENSIONS = "total robots unreadable path device browser system country referrer"
_MORE_DIMENSIONS = "total robots asked unreadable path device browser system country referrer"


def upgrade() -> None:
    _call_dimensions(_DIMENSIONS, _MORE_DIMENSIONS)
    op.create_index(
        "ix_visit_counts_values",
        "visit_counts",
        ["site_id", "dimension", "value", "day", "is_rest", "visits", "visitors"],
    )
    op.create_table(
        "circumstance_counts",
        sa.Column("site_id", _number, nullable=False, comment="the site (no foreign key)"),
        sa.Column("dimension", sa.String(length=12), nullable=False, comment="device country"),
        sa.Column(
            "value",
            sa.String(length=8),
            nullable=False,
            comment="device class, or ISO 3166-1 (ZZ = unknown)",
        ),
        sa.Column("what", sa.String(length=12), nullable=False, comment="action granted refused"),
        sa.Column(
            "decided",
            sa.String(length=64),
            nullable=False,
            comment="the action, or the purpose that was decided",
        ),
        sa.Column(
            "day",
            sa.Date(),
            nullable=False,
            comment="calendar day by which they were enough; some are older",
        ),
        sa.Column(
            "records", sa.BigInteger(), nullable=False, comment="decisions, a multiple of five"
        ),
        sa.PrimaryKeyConstraint(
            "site_id",
            "dimension",
            "value",
            "what",
            "decided",
            "day",
            name=("pk_circumstance_counts"),
        ),
        comment="decisions by device or country, in fives, without end: nobody's record",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "held_counts",
        sa.Column("id", sa.Uuid(), nullable=False, comment="part of the seal"),
        sa.Column("site_id", _number, nullable=False, comment="the site (no foreign key)"),
        sa.Column("day", sa.Date(), nullable=False, comment="the counts may go on when it is over"),
        sa.Column(
            "payload",
            sa.LargeBinary(),
            nullable=False,
            comment="the counts, encrypted under a key of the service's secret",
        ),
        sa.PrimaryKeyConstraint("id", name=("pk_held_counts")),
        comment="counts by device and country on their way to circumstance_counts, sealed",
    )
    op.create_index("ix_held_counts_day", "held_counts", ["day"])


def downgrade() -> None:
    op.drop_index("ix_held_counts_day", "held_counts")
    op.drop_table("held_counts")
    op.drop_table("circumstance_counts")
    op.drop_index("ix_visit_counts_values", "visit_counts")
    _call_dimensions(_MORE_DIMENSIONS, _DIMENSIONS)


def _call_dimensions(before: str, after: str) -> None:
    if op.get_bind().dialect.name == "postgresql":  # SQLite keeps no comments
        op.alter_column(
            "visit_counts",
            "dimension",
            comment=after,
            existing_comment=before,
            existing_type=sa.String(length=12),
            existing_nullable=False,
        )
