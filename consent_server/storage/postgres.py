"""What is special about PostgreSQL, and why.

Every statement has a time limit, so a stuck server becomes a 503 and not a hung worker, and
connections are checked before use, so a restarted server is noticed at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

_STATEMENT_TIMEOUT_MS = 60_000  # longest statement is one page of an export


def engine_options(timeout_seconds: float) -> dict[str, Any]:
    """Returns the create_engine options; a server that is away is waited for this long."""
    lock_timeout_ms = int(timeout_seconds * 1000)
    return {
        "pool_pre_ping": True,
        "pool_timeout": timeout_seconds,
        "connect_args": {
            "connect_timeout": max(1, round(timeout_seconds)),
            "options": f"-c statement_timeout={_STATEMENT_TIMEOUT_MS} "
            f"-c lock_timeout={lock_timeout_ms} -c timezone=UTC",
        },
    }


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
