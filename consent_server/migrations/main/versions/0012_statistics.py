"""Statistics of the days; how many visits moved to the archive; days found by index (SQLite)."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

_number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "visit_counts",
        sa.Column("site_id", _number, nullable=False, comment="the site (no foreign key)"),
        sa.Column("day", sa.Date(), nullable=False, comment="calendar day of the visits"),
        sa.Column(
            "dimension",
            sa.String(length=12),
            nullable=False,
            comment="total robots unreadable path device browser system country referrer",
        ),
        sa.Column(
            "is_rest",
            sa.Boolean(),
            nullable=False,
            comment="whether all values without a row of their own are meant",
        ),
        sa.Column(
            "value",
            sa.String(length=500),
            nullable=False,
            comment="what at least five visitors shared; empty = unknown, or no value",
        ),
        sa.Column("visits", sa.BigInteger(), nullable=False, comment="page views"),
        sa.Column("visitors", sa.BigInteger(), nullable=False, comment="different ones of the day"),
        sa.PrimaryKeyConstraint(
            "site_id", "day", "dimension", "is_rest", "value", name=("pk_visit_counts")
        ),
        comment="statistics of a day's visits, kept without end: counts, nobody's record",
    )
    op.create_table(
        "archived_counts",
        sa.Column("day", sa.Date(), nullable=False, comment="calendar day of the visits"),
        sa.Column("site_id", _number, nullable=False, comment="the site (no foreign key)"),
        sa.Column("visits", sa.BigInteger(), nullable=False, comment="rows moved so far"),
        sa.PrimaryKeyConstraint("day", "site_id", name=("pk_archived_counts")),
        comment="how many visits moved to the archive, by day and site",
    )
    if op.get_bind().dialect.name == "sqlite":
        op.drop_index("ix_visits_gone_at", table_name="visits")
        op.create_index("ix_visits_gone_at_day", "visits", ["gone_at", "day"])


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.drop_index("ix_visits_gone_at_day", table_name="visits")
        op.create_index("ix_visits_gone_at", "visits", ["gone_at"])
    op.drop_table("archived_counts")
    op.drop_table("visit_counts")
