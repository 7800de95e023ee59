"""What is special about SQLite, and why.

WAL lets readers go on while the writer commits; `synchronous=FULL` makes each commit durable;
`secure_delete=ON` overwrites deleted rows with zeros (the default differs per build, and FAST
leaves free pages as they were). A deleted row stays readable in the main file until a checkpoint
and in the WAL until it is truncated, so destruction ends with `wal_checkpoint(TRUNCATE)` and looks
at its result row. Temporary tables stay in memory: a spilled sort would be a side copy.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine


def engine_options(timeout_seconds: float) -> dict[str, Any]:
    """Returns the create_engine options; a locked file is waited for this long."""
    return {"connect_args": {"timeout": timeout_seconds, "isolation_level": None}}


def on_connect(connection: Any, _record: object) -> None:
    """Sets the pragmas of a new connection."""
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "secure_delete=ON",
        "foreign_keys=ON",
        "temp_store=MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")


def on_begin(connection: Connection) -> None:
    """Begins a transaction explicitly; a writing one takes its lock at once.

    A transaction that reads first and writes later fails without waiting when another one
    committed in between, so whoever will write says so with the option `writes`.
    """
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def by_row_number(number: ColumnElement[int], engine: Engine) -> ColumnElement[int]:
    """Returns a number to filter by in a query whose pages go by row number.

    SQLite, without statistics, would take the number's index and then read and sort all its rows
    for each page: an export of a million rows would read them 250 times. As a sum it has no index.
    PostgreSQL weighs both ways by its statistics.
    """
    return number + 0 if engine.dialect.name == "sqlite" else number


def truncate_wal(engine: Engine) -> bool:
    """Moves the whole WAL into the database file and empties it.

    Waits for readers as long as a write would. Returns False when one stayed in the way: traces
    of deleted rows remain in the WAL until the next attempt succeeds.
    """
    with engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        busy, _log_pages, _moved = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy
