"""The connection on which batches are written: one statement per table, one transaction.

It goes round SQLAlchemy's statement machinery, which costs more than the rest of a small batch, but
keeps its pool, its types and its errors. The connection stays open between batches; one that has
died meanwhile (the server was restarted) is replaced and the batch tried again once, which is safe
because known keys are skipped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy import Engine, PoolProxiedConnection, Table
from sqlalchemy.exc import DBAPIError

from consent_server.storage import postgres, sqlite

Row = Mapping[str, Any]
Group = tuple[Table, Sequence[Row]]


class InsertBatch(Protocol):
    """How one engine writes groups of rows: all of them or none; returns the counts inserted."""

    def __call__(self, connection: Any, groups: Sequence[Group]) -> list[int]: ...


class BatchConnection:
    """Writes batches to one database; used by one thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        is_sqlite = engine.dialect.name == "sqlite"
        self._insert: InsertBatch = (sqlite if is_sqlite else postgres).BatchInsert(engine.dialect)
        self._ready: Callable[[Any], None] = (sqlite if is_sqlite else postgres).ready_for_batches
        self._driver_error: Any = engine.dialect.loaded_dbapi.Error
        self._proxy: PoolProxiedConnection | None = None

    def insert(self, groups: Sequence[Group]) -> list[int]:
        """Inserts all rows whose keys are not there yet, durably; returns how many, per group.

        Raises SQLAlchemy's DBAPIError; then nothing was inserted.
        """
        is_used = self._proxy is not None
        try:
            return self._insert(self._connection(), groups)
        except self._driver_error as error:
            is_dead = self._engine.dialect.is_disconnect(error, self._driver(), None)
            if is_dead:  # else it is kept: SQLite's last one takes the log's index with it when it
                self.close()  # ends, and on a full disk nobody could read before there is room
            if is_used and is_dead:
                return self.insert(groups)
            raise _wrapped(error, self._engine, is_dead=is_dead) from error
        except BaseException:
            self.close()  # in an unknown state
            raise

    def close(self) -> None:
        """Ends the connection; the next batch opens another."""
        proxy, self._proxy = self._proxy, None
        if proxy is not None:
            proxy.invalidate()

    def _connection(self) -> Any:
        if self._proxy is None:
            self._proxy = self._engine.raw_connection()
            self._ready(self._driver())
        return self._driver()

    def _driver(self) -> Any:
        return None if self._proxy is None else self._proxy.driver_connection


def _wrapped(error: Exception, engine: Engine, *, is_dead: bool) -> BaseException:
    """Returns the error as SQLAlchemy would raise it, without the values of the rows."""
    return DBAPIError.instance(
        None,
        None,
        error,
        engine.dialect.loaded_dbapi.Error,
        hide_parameters=True,
        connection_invalidated=is_dead,
        dialect=engine.dialect,
    )
