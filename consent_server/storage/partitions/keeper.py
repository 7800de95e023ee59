"""Partitions by the instant of destruction (PostgreSQL only; on SQLite nothing here does anything).

`visits` and `archived_visits` have one partition for each value of `gone_at`, so that a day's
records go by truncating one table that nobody else uses. Lists and not ranges: a change of zone or
period gives days other instants, whose ranges would overlap those that exist. There is no default
partition: rows in it would have to be destroyed one by one, and its check would slow every
partition that is made. So a row needs its partition first: `PartitionKeeper.ensure`.

PostgreSQL wants the partition key in every key of the table, so an id is unique per instant only;
what keeps a page view that is reported again on the next day one row is in `repeats`.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from consent_server import clock
from consent_server.errors import Unavailable
from consent_server.periods import RetentionPeriod

PARTITIONED: Final = {"main": "visits", "archive": "archived_visits"}  # by history (migrate)

_DAYS_AHEAD: Final = 3  # a weekend without the scheduler; on demand they are made at any time
_STAMP: Final = "%Y%m%d_%H%M%S_%f"
_NAME: Final = re.compile(r"(visits|archived_visits)_gone_(\d{8}_\d{6}_\d{6})")
_NO_PARTITION: Final = "23514"  # check_violation: no partition of the table takes the row


class PartitionKeeper:
    """Knows which partitions a table has, and makes those that it lacks."""

    def __init__(self, engine: Engine, table: str) -> None:
        self._engine = engine
        self._table = table
        self._is_needed = engine.dialect.name == "postgresql"
        self._known: set[datetime] = set()
        self._making: dict[datetime, Future[None]] = {}
        self._lock = threading.Lock()

    def ensure(self, gone_at: datetime) -> None:
        """Makes sure that rows which end at this instant have a place; known ones cost nothing.

        Threads that want the same one wait for one attempt. Raises Unavailable when the database
        cannot make it now.
        """
        if not self._is_needed or gone_at in self._known:
            return
        with self._lock:
            making = self._making.get(gone_at)
            is_ours = making is None
            if making is None:
                making = self._making[gone_at] = Future()
        if is_ours:
            self._make(gone_at, making)
        making.result()

    def ensure_ahead(self, period: RetentionPeriod) -> None:
        """Makes the partitions of today and of the next days."""
        for gone_at in instants_ahead(period):
            self.ensure(gone_at)

    def forget(self, gone_at: datetime) -> None:
        """Takes a partition for missing: it is looked for again."""
        self._known.discard(gone_at)

    def _make(self, gone_at: datetime, making: Future[None]) -> None:
        try:
            with self._engine.begin() as connection:
                make_partition(connection, self._table, gone_at)
            self._known.add(gone_at)
        except (DBAPIError, PoolTimeout) as error:
            making.set_exception(Unavailable("The day's partition cannot be made at the moment."))
            making.exception()  # looked at here: nobody else may be waiting
            raise Unavailable("The day's partition cannot be made at the moment.") from error
        else:
            making.set_result(None)
        finally:
            with self._lock:
                self._making.pop(gone_at, None)


@dataclass(frozen=True, slots=True)
class Partition:
    """A partition of a table. name: safe inside SQL."""

    name: str
    gone_at: datetime


def is_partition(name: str) -> bool:
    """Tells whether a table is a partition that was made here."""
    return _NAME.fullmatch(name) is not None


def is_without_partition(error: DBAPIError) -> bool:
    """Tells whether a row was refused because there is no partition for it."""
    return getattr(error.orig, "sqlstate", None) == _NO_PARTITION


def instants_ahead(period: RetentionPeriod) -> Iterable[datetime]:
    """Returns the instants at which visits of today and of the next days must be gone."""
    now = clock.now()
    return {period.gone_at(now + timedelta(days=day)): None for day in range(_DAYS_AHEAD + 1)}


def make_partition(connection: Connection, table: str, gone_at: datetime) -> None:
    """Makes a partition unless it is there, as part of the caller's transaction.

    Made apart and then attached: that takes no lock which a reader or a writer would wait for.
    Others who make one at the same time wait for each other (a lock of the transaction, which a
    pooler does not mind).
    """
    name = f"{table}_gone_{gone_at.astimezone(UTC):{_STAMP}}"
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:table))"), {"table": table})
    if any(partition.name == name for partition in partitions(connection, table)):
        return
    instant = gone_at.astimezone(UTC).isoformat()
    connection.execute(text(f"CREATE TABLE {name} (LIKE {table} INCLUDING ALL)"))
    connection.execute(
        text(f"ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES IN ('{instant}')")
    )


def partitions(connection: Connection, table: str) -> list[Partition]:
    """Returns the partitions of a table, those that end first first."""
    names = connection.scalars(
        text(
            "SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid "
            "WHERE inhparent = to_regclass(:table)"
        ),
        {"table": table},
    )
    found = (Partition(name, _instant(name)) for name in names)
    return sorted(found, key=lambda partition: partition.gone_at)


def _instant(name: str) -> datetime:
    match = _NAME.fullmatch(name)
    assert match is not None, f"{name} was not made by this program"
    return datetime.strptime(match[2], _STAMP).replace(tzinfo=UTC)
