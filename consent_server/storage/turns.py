"""Lets one transaction at a time append to a table whose rows follow from the ones before."""

from __future__ import annotations

from sqlalchemy import Connection, Table, text


def take_turn(connection: Connection, table: Table) -> None:
    """Waits until no other transaction appends to a table; the turn ends with the transaction.

    Readers go on. A writing transaction of SQLite is the only one anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"LOCK TABLE {table.name} IN SHARE ROW EXCLUSIVE MODE"))
