"""Destroys the records of expired partitions (PostgreSQL) without getting into a writer's way.

Two steps, each a transaction. TRUNCATE locks the expired partition alone, which nobody writes and
no query reads any more: the records are gone with their files, even while an export of the others
runs for an hour. The empty table is then dropped, which locks all of `visits` for a millisecond.
Both ask for their lock for 25 ms at a time, since whoever comes after waits behind them (writers
too: the plan of the trigger in `repeats` locks every partition to read), and otherwise leave the
rest to the next run. Rows are counted before, under a lock that hinders nobody.

DETACH CONCURRENTLY would do with a lighter lock, but waits for every reader before the first record
goes, leaves a third state after a crash, and cannot have a lock limit of its own behind a pooler.
A run that is cut off anywhere is finished by the next one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Final

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from consent_server import clock
from consent_server.storage.partitions.keeper import Partition, partitions
from consent_server.storage.postgres import leave_cores

_log = logging.getLogger(__name__)

_LOCK_MS: Final = 25  # others may stand still for so long
_PAUSES_SECONDS: Final = (0.05, 0.1, 0.2, 0.4)  # between tries: others must get through meanwhile
_LOCK_NOT_AVAILABLE: Final = "55P03"
_NO_SUCH_TABLE: Final = "42P01"


def truncate_expired(engine: Engine, table: str, now: datetime) -> int:
    """Destroys all rows whose `gone_at` has come and their partitions; returns how many rows.

    A partition that a reader holds for longer than about a second is left to the next run.
    """
    with engine.connect() as connection:
        expired = [each for each in partitions(connection, table) if each.gone_at <= now]
    removed = 0
    for partition in expired:
        rows = patiently(engine, partial(_empty, partition))
        if rows is None:
            _log.warning("a reader holds %s; it goes with the next run", partition.name)
            continue
        removed += rows
        if patiently(engine, partial(_drop, partition)) is None:
            _log.info("%s is empty; the table itself goes with the next run", partition.name)
    return removed


def _empty(partition: Partition, connection: Connection) -> int:
    connection.exec_driver_sql(f"LOCK TABLE {partition.name} IN SHARE ROW EXCLUSIVE MODE")
    rows = connection.exec_driver_sql(f"SELECT count(*) FROM {partition.name}").scalar_one()  # noqa: S608
    if rows:
        connection.exec_driver_sql(f"TRUNCATE {partition.name}")
    return int(rows)


def _drop(partition: Partition, connection: Connection) -> int:
    connection.exec_driver_sql(f"DROP TABLE {partition.name}")
    return 0


def patiently(engine: Engine, work: Callable[[Connection], int]) -> int | None:
    """Does work in a transaction that waits for locks only briefly, a few times.

    Returns None when others held the lock each time, 0 when another run dropped the table first.
    """
    for pause in (*_PAUSES_SECONDS, None):
        try:
            with engine.begin() as connection:
                leave_cores(connection)
                connection.execute(
                    text("SELECT set_config('lock_timeout', :ms, true)"), {"ms": str(_LOCK_MS)}
                )
                return work(connection)
        except DBAPIError as error:
            state = getattr(error.orig, "sqlstate", None)
            if state == _NO_SUCH_TABLE:
                return 0
            if state != _LOCK_NOT_AVAILABLE:
                raise
        if pause is not None:
            clock.pause(pause)
    return None
