"""The keyed hashes by which visits are found, the same in both databases."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

_HASHES: Final = {
    "address_hash": "keyed hash of the address; dies with the key of the day",
    "visitor_hash": "keyed hash of the visitor, if known; dies with the key of the day",
}


def add_hashes(table: str) -> None:
    """Adds the columns, empty for the visits that exist, and the index of visitors."""
    for name, comment in _HASHES.items():
        op.add_column(table, sa.Column(name, sa.LargeBinary(16), nullable=True, comment=comment))
    is_known = sa.text("visitor_hash IS NOT NULL")
    op.create_index(
        f"ix_{table}_visitor_hash",
        table,
        ["visitor_hash"],
        postgresql_where=is_known,
        sqlite_where=is_known,
    )


def drop_hashes(table: str) -> None:
    """Takes them away."""
    op.drop_index(f"ix_{table}_visitor_hash", table_name=table)
    for name in _HASHES:
        op.drop_column(table, name)
