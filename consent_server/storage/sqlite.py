"""What is special about SQLite, and why.

WAL lets readers go on while the writer commits; `synchronous=FULL` makes each commit durable;
`secure_delete=ON` overwrites deleted rows with zeros (the default differs per build, and FAST
leaves free pages as they were). A deleted row stays readable in the main file until a checkpoint
and in the WAL until it is truncated, so destruction ends with `wal_checkpoint(TRUNCATE)` and looks
at its result row. Temporary tables stay in memory: a spilled sort would be a side copy.

A file shrinks only if it was made, or once rewritten, with `auto_vacuum=INCREMENTAL`: then free
pages can be given back a few at a time, where VACUUM would hold the writer up for minutes. That
costs a batch of inserts a tenth more processor time (0.38 instead of 0.35 s for 30,000 rows).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Dialect, Engine, Table

from consent_server import clock

PAGE_BYTES: Final = 4096  # SQLite's default, which is never changed here
_INCREMENTAL: Final = 2  # as PRAGMA auto_vacuum tells it
_LOOK_SECONDS: Final = 0.05
_CACHED_STATEMENTS = 256  # batches of each size up to some hundred rows keep their plan


def engine_options(timeout_seconds: float) -> dict[str, Any]:
    """Returns the create_engine options; a locked file is waited for this long."""
    return {
        "connect_args": {
            "timeout": timeout_seconds,
            "isolation_level": None,
            "cached_statements": _CACHED_STATEMENTS,
        }
    }


def on_connect(connection: Any, _record: object) -> None:
    """Sets the pragmas of a new connection.

    How a file shrinks is said to a new one only: to another it would be a write, which waits for
    whoever holds the file locked, and changes nothing.
    """
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    if not pages:
        connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
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


def move_wal(engine: Engine) -> bool:
    """Moves what is in the WAL into the database file, as far as readers allow; nobody waits.

    The next commit then begins the WAL anew. Returns False when a reader was in the way.
    """
    return _checkpoint(engine, "PASSIVE")


def truncate_wal(engine: Engine, patience_seconds: float) -> bool:
    """Moves the whole WAL into the database file and empties it.

    Waits for readers as long as `patience_seconds`, in looks that take no time: SQLite's own way
    to wait for them holds every writer up meanwhile. Returns False when one stayed in the way:
    traces of deleted rows remain in the WAL until the next attempt succeeds.
    """
    deadline = time.monotonic() + patience_seconds
    while not (move_wal(engine) and _checkpoint(engine, "TRUNCATE")):
        if time.monotonic() > deadline:
            return False
        clock.pause(_LOOK_SECONDS)
    return True


def page_counts(engine: Engine) -> tuple[int, int]:
    """Returns how many pages a file has, and how many of them are free."""
    with engine.connect() as connection:
        count, free = (
            connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("page_count", "freelist_count")
        )
    return count, free


def free_pages(connection: Connection, pages: int) -> None:
    """Gives some free pages back, as part of the caller's transaction.

    The driver steps a statement without columns once, and each step frees one page.
    """
    raw = connection.connection.driver_connection
    assert raw is not None
    for _ in range(pages):
        raw.execute("PRAGMA incremental_vacuum(1)")


def let_shrink(engine: Engine) -> bool:
    """Rewrites a file that cannot shrink so that it can; returns whether that was necessary.

    Takes as long as a copy, and nobody else writes meanwhile.
    """
    with engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        if raw.execute("PRAGMA auto_vacuum").fetchone()[0] == _INCREMENTAL:
            return False
        raw.execute("PRAGMA auto_vacuum=INCREMENTAL")
        raw.execute("VACUUM")
    return True


def wal_bytes(engine: Engine) -> int:
    """Returns the size of the WAL file; it shrinks only when truncated."""
    wal = Path(f"{engine.url.database}-wal")
    return wal.stat().st_size if wal.exists() else 0


def _checkpoint(engine: Engine, kind: str) -> bool:
    """Makes a checkpoint that waits for nobody; returns whether the whole WAL was moved."""
    with engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        (usual_ms,) = raw.execute("PRAGMA busy_timeout").fetchone()
        raw.execute("PRAGMA busy_timeout = 0")
        try:
            busy, in_wal, moved = raw.execute(f"PRAGMA wal_checkpoint({kind})").fetchone()
        finally:
            raw.execute(f"PRAGMA busy_timeout = {usual_ms}")
    return not busy and in_wal == moved


class BatchInsert:
    """One `INSERT ... VALUES (...), (...)` per table, the rows bound by position.

    Measured on batches of 16: 37 us of processor time a row, against 48 by way of json_each. Many
    executions of a single-row statement cost as little here, but each gives up and retakes the
    interpreter's lock, for which all request threads queue.
    """

    def __init__(self, dialect: Dialect) -> None:
        self._binders: dict[object, list[tuple[str, Callable[[Any], Any] | None]]] = {}
        self._dialect = dialect

    def __call__(
        self, connection: Any, groups: Sequence[tuple[Table, Sequence[Mapping[str, Any]]]]
    ) -> list[int]:
        if len(groups) == 1:  # a single statement is a transaction by itself
            return [self._insert(connection, *groups[0])]
        connection.execute("BEGIN IMMEDIATE")
        try:
            counts = [self._insert(connection, table, rows) for table, rows in groups]
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:  # some errors have rolled it back already
                connection.execute("ROLLBACK")
            raise
        return counts

    def _insert(self, connection: Any, table: Table, rows: Sequence[Mapping[str, Any]]) -> int:
        binders = self._binders_of(table, tuple(rows[0]))
        values = [
            row[name] if bind is None else bind(row[name]) for row in rows for name, bind in binders
        ]
        statement = _insert_statement(table.name, tuple(name for name, _ in binders), len(rows))
        count: int = connection.execute(statement, values).rowcount
        return count

    def _binders_of(
        self, table: Table, names: tuple[str, ...]
    ) -> list[tuple[str, Callable[[Any], Any] | None]]:
        """Returns the columns that a row fills, each with what turns a value into SQLite's."""
        known = self._binders.get((table.name, names))
        if known is None:
            types = {name: table.c[name].type.dialect_impl(self._dialect) for name in names}
            known = self._binders[table.name, names] = [
                (name, column_type.bind_processor(self._dialect))
                for name, column_type in types.items()
            ]
        return known


@lru_cache(maxsize=_CACHED_STATEMENTS)
def _insert_statement(table: str, columns: tuple[str, ...], rows: int) -> str:
    row = f"({', '.join('?' * len(columns))})"
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([row] * rows)} "  # noqa: S608
        "ON CONFLICT DO NOTHING"
    )


def ready_for_batches(_connection: Any) -> None:
    """Nothing to do: each statement commits by itself, or stands between BEGIN and COMMIT."""
