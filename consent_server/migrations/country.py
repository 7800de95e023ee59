"""The country of a visit, the same in both databases: empty for those that exist."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


def add_country(table: str) -> None:
    """Adds the column; on both engines without a look at the rows."""
    op.add_column(
        table,
        sa.Column(
            "country",
            sa.String(2),
            nullable=False,
            server_default="",
            comment="ISO 3166-1 code; empty: unknown, or no more is kept of the address",
        ),
    )


def drop_country(table: str) -> None:
    """Takes it away."""
    op.drop_column(table, "country")
