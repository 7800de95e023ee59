"""How far each database has come in the journal of erasures, the same in both."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


def add_erasures(table: str) -> None:
    """Adds the table, empty: what a journal names is removed again, which does no harm."""
    op.create_table(
        table,
        sa.Column("day", sa.Date(), nullable=False, comment="calendar day of the visits"),
        sa.Column(
            "lines",
            sa.Integer(),
            nullable=False,
            comment="lines of the day's journal that need no further look",
        ),
        sa.Column(
            "uncertified",
            sa.Integer(),
            nullable=False,
            comment="visits removed since the last certificate",
        ),
        sa.Column(
            "uncertified_since",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when the first of those was removed",
        ),
        sa.PrimaryKeyConstraint("day", name=(f"pk_{table}")),
        comment="how far this database has come in the journal of erasures (visits.journal)",
    )
