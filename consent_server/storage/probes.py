"""Asks a database whether it could be written now; writes nothing and waits about a second.

SQLite: the lock for writing is taken and given back. PostgreSQL: a server that takes only readers
(a standby after a switch of roles) says so.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from consent_server.storage.migrate import is_current

_PATIENCE_MS: Final = 1000
AWAY: Final = "is away"


def trouble_of(engine: Engine, history: str) -> str:
    """Returns why records cannot be kept in a database, in a few words, or ""."""
    try:
        if not is_current(engine, history):
            return "is not migrated; run `consent-server db upgrade`"
        return _refusal(engine)
    except (DBAPIError, PoolTimeout):
        return AWAY


def _refusal(engine: Engine) -> str:
    with engine.connect() as connection:
        if engine.dialect.name != "sqlite":
            is_closed = connection.exec_driver_sql("SHOW transaction_read_only").scalar_one()
            return "takes only readers" if is_closed == "on" else ""
        raw: Any = connection.connection.driver_connection
        (patience_ms,) = raw.execute("PRAGMA busy_timeout").fetchone()
        raw.execute(f"PRAGMA busy_timeout = {_PATIENCE_MS}")
        try:
            raw.execute("BEGIN IMMEDIATE")
            raw.execute("ROLLBACK")
        except engine.dialect.loaded_dbapi.OperationalError as error:
            is_locked = error.sqlite_errorname.startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
            return "is locked by another process" if is_locked else "cannot be written"
        finally:
            raw.execute(f"PRAGMA busy_timeout = {patience_ms}")
    return ""
