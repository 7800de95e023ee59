"""What is special about PostgreSQL, and why.

Every statement has a time limit, so a stuck server becomes a 503 and not a hung worker, and
connections are checked before use, so a restarted server is noticed at once.
"""

from __future__ import annotations

from typing import Any

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
