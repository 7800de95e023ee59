"""Inserts rows unless they are there: on both engines, as part of the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_absent(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Inserts rows whose keys are not there yet; rows: may be empty, all with the same columns."""
    if rows:
        engine = sqlite if connection.dialect.name == "sqlite" else postgresql
        connection.execute(engine.insert(table).on_conflict_do_nothing(), list(rows))
