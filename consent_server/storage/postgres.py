"""What is special about PostgreSQL, and why.

Nothing waits for ever: statements, locks, connects and idle transactions have limits, so a stuck
server becomes a 503 and not a hung worker; connections are checked before use, and a server that
vanished without a word is noticed by TCP. Behind a pooler in transaction mode (pgbouncer) each
transaction may be on another server connection, so limits are set anew in each, nothing is prepared
by name, and nothing in this program lives as long as a connection: no session lock, no temporary
table, no LISTEN.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Dialect, Engine, Table, event, text

from consent_server.config import Settings

NAME: Final = "consent-server"  # what pg_stat_activity calls us
_MOST_CONNECTIONS: Final = 12  # of a worker to one database: writer, jobs, ten that read
_IDLE_IN_TRANSACTION_MS: Final = 60_000  # a reader whose browser hangs must not hold destruction up
_KEEPALIVES: Final = {
    "keepalives_idle": 30,  # seconds: an idle connection is probed before most firewalls drop it
    "keepalives_interval": 10,
    "keepalives_count": 3,
}


def engine_options(settings: Settings, *, unlimited: bool = False) -> dict[str, Any]:
    """Returns the create_engine options; a server that is away is waited for a few seconds.

    unlimited: without a limit for statements, for migrations and for operators' commands on them.
    """
    seconds = settings.database_timeout_seconds
    kept = settings.database_pool_size
    return {
        "pool_pre_ping": True,
        "pool_timeout": seconds,
        "pool_size": kept,
        "max_overflow": max(0, _MOST_CONNECTIONS - kept),
        "connect_args": {
            "connect_timeout": max(2, round(seconds)),  # libpq takes 1 for 2
            "application_name": NAME,
            "tcp_user_timeout": int(seconds * 1000),
            **_KEEPALIVES,
            **_session(settings, unlimited=unlimited),
        },
    }


def tune(engine: Engine, settings: Settings, *, unlimited: bool = False) -> None:
    """Behind a pooler, sets the limits at the begin of each transaction."""
    if settings.database_pooler:
        limits = _limits(settings, unlimited=unlimited)
        calls = ", ".join(
            f"set_config('{name}', '{value}', true)" for name, value in limits.items()
        )

        @event.listens_for(engine, "begin")
        def set_limits(connection: Connection) -> None:
            connection.exec_driver_sql(f"SELECT {calls}")


def _session(settings: Settings, *, unlimited: bool) -> dict[str, Any]:
    """Returns what a connection of its own is told once, when it is opened."""
    if settings.database_pooler:
        return {"prepare_threshold": None}
    limits = _limits(settings, unlimited=unlimited)
    return {"options": " ".join(f"-c {name}={value}" for name, value in limits.items())}


def _limits(settings: Settings, *, unlimited: bool) -> dict[str, object]:
    statement_ms = 0 if unlimited else int(settings.database_statement_seconds * 1000)
    return {
        "statement_timeout": statement_ms,
        "lock_timeout": int(settings.database_timeout_seconds * 1000),
        "idle_in_transaction_session_timeout": _IDLE_IN_TRANSACTION_MS,
        "timezone": "UTC",
    }


def leave_cores(connection: Connection) -> None:
    """Keeps one transaction to one core (PostgreSQL only): work of a job, beside which others wait.

    To count a million rows PostgreSQL would take every core of the machine for a tenth of a second,
    in which no record is written.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL max_parallel_workers_per_gather = 0")


class BatchInsert:
    """One statement per batch: rows travel as JSON documents, one for each table.

    Measured on batches of 16: 3.5 us of the client's processor time a row, against 20 for arrays or
    bound values, and the same 20 us of the server's. Several tables are written by one statement
    (data-modifying WITH), so a batch is one round trip and one transaction.
    """

    def __init__(self, _dialect: Dialect) -> None:
        self._encode = msgspec.json.Encoder().encode

    def __call__(
        self, connection: Any, groups: Sequence[tuple[Table, Sequence[Mapping[str, Any]]]]
    ) -> list[int]:
        statement = _insert_statement(tuple((table.name, tuple(rows[0])) for table, rows in groups))
        documents = [self._document(rows) for _, rows in groups]
        return list(connection.execute(statement, documents).fetchone())

    def _document(self, rows: Sequence[Mapping[str, Any]]) -> str:
        """Returns a JSON array in the order of the rows' keys, with which each row begins.

        Two processes that insert the same keys in opposite orders would wait for each other.
        """
        encoded = sorted(self._encode(_with_bytea(row)) for row in rows)
        return f"[{b','.join(encoded).decode()}]"


def _with_bytea(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Returns a row whose bytes are written as PostgreSQL reads them: JSON has only text."""
    return {
        name: "\\x" + value.hex() if isinstance(value, bytes) else value
        for name, value in row.items()
    }


@lru_cache(maxsize=64)
def _insert_statement(tables: tuple[tuple[str, tuple[str, ...]], ...]) -> bytes:
    inserts = (
        f"inserted_{number} AS (INSERT INTO {table} ({', '.join(columns)}) "  # noqa: S608
        f"SELECT {', '.join(columns)} FROM json_populate_recordset(NULL::{table}, %s::json) "
        "ON CONFLICT DO NOTHING RETURNING 1)"
        for number, (table, columns) in enumerate(tables)
    )
    counts = (f"(SELECT count(*) FROM inserted_{number})" for number in range(len(tables)))  # noqa: S608
    return f"WITH {', '.join(inserts)} SELECT {', '.join(counts)}".encode()


def ready_for_batches(connection: Any) -> None:
    """Lets each statement commit by itself: BEGIN and COMMIT would be two more round trips."""
    connection.autocommit = True


def add_counts(
    connection: Connection, hits: Mapping[str, int], ends_at: datetime
) -> dict[str, int]:
    """Adds to the counts of rate_counts; returns what they are now.

    One statement for all keys, in their order: two processes never wait for each other in a ring.
    """
    totals = connection.execute(_ADD_COUNTS, {"keys": list(hits), "hits": list(hits.values()),
                                              "ends_at": ends_at})  # fmt: skip
    return {row.key: row.hits for row in totals}


def remove_counts(connection: Connection, now: datetime) -> None:
    """Removes the counts of spans that are over, unless another process does so now."""
    connection.execute(_REMOVE_COUNTS, {"now": now})


_ADD_COUNTS = text(
    "INSERT INTO rate_counts (key, hits, ends_at)"
    " SELECT key, hits, :ends_at FROM unnest(CAST(:keys AS text[]), CAST(:hits AS integer[]))"
    " AS told (key, hits) ORDER BY key"
    " ON CONFLICT (key) DO UPDATE SET hits = rate_counts.hits + excluded.hits"
    " RETURNING key, hits"
)
_REMOVE_COUNTS = text(
    "DELETE FROM rate_counts WHERE key IN (SELECT key FROM rate_counts"
    " WHERE ends_at <= :now ORDER BY key FOR UPDATE SKIP LOCKED)"
)
