"""Destroys the rows of every class that goes by months, one row at a time.

For tables that are small beside the visits: the access log, ledgers, consent records by policy. A
walk by row number reads some thousand rows at a time and removes those that are over, oldest
first, in transactions of a few milliseconds; it ends where rows begin that were made too late to be
over (row numbers go with time; what a wrong clock made is found when the walk gets there). Oldest
first matters: of two decisions of one visitor the later never goes before the earlier. The access
log goes in whole months instead (whole_months).

The database lets go only what is over (storage.limits). Cut off anywhere, the next walk goes
on. Within one process a walk that was finished is not repeated until the limit moves, which it does
at midnight in the zone of the law.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Select,
    Table,
    and_,
    bindparam,
    delete,
    exists,
    func,
    not_,
    or_,
    select,
)

from consent_server import clock
from consent_server.audit.services import COMMAND_LINE
from consent_server.periods import RetentionPeriod
from consent_server.retention.destruction import Run, in_own_transaction
from consent_server.retention.rules import RecordClass, Rows, destroyed_by_rows
from consent_server.retention.whole_months import MonthsOfLog, whole_months_before
from consent_server.signing import CertificateKey
from consent_server.storage import sqlite
from consent_server.storage.database import db
from consent_server.storage.limits import stated_limit
from consent_server.storage.writing.writer import Writer

_WINDOW_ROWS: Final = 5000  # one read
_CHUNK_ROWS: Final = 200  # one transaction; the trigger looks at each row
_PAUSE_SECONDS: Final = 0.001  # between two, in which the writer serves whoever waits
_WAL_LIMIT_BYTES: Final = 64_000_000  # more than that is left to the next run


class ClassRows:
    """The rows of a deployment's classes; call inside an application context."""

    def __init__(
        self,
        writer: Writer,
        classes: Sequence[RecordClass],
        zone: ZoneInfo,
        key: CertificateKey,
    ) -> None:
        self._writer = writer
        self._zone = zone
        self._key = key
        self._ends = [
            (record_class.name, rows, RetentionPeriod(record_class.months or 0, zone))
            for record_class, rows in destroyed_by_rows(tuple(classes))
        ]
        self._walked: dict[tuple[str, str], datetime] = {}

    def destroy(self, now: datetime, executor: str = COMMAND_LINE) -> dict[str, int]:
        """Destroys every row whose period is over; returns how many of each class."""
        removed: dict[str, int] = {}
        for name, rows, period in self._ends:
            over_before = period.over_before(now)
            if self._walked.get((name, rows.table)) == over_before:
                continue
            before = self._over_before(rows, period, now)
            if rows.by_month:
                count, is_finished = (
                    self._months(name, rows, now).destroy(db.engine, before, now, executor),
                    True,
                )
            else:
                count, is_finished = _walk(db.engine, rows, before, now, self._run(db.engine))
            removed[name] = removed.get(name, 0) + count
            if is_finished:
                self._walked[name, rows.table] = over_before
        return {name: count for name, count in removed.items() if count}

    def count_over(self, now: datetime) -> dict[str, int]:
        """Counts rows that exist although their period is over; reads whole tables."""
        left: dict[str, int] = {}
        for name, rows, period in self._ends:
            table = _table(rows)
            over = _is_over(table, rows, self._over_before(rows, period, now))
            with db.engine.connect() as connection:
                query = select(func.count()).select_from(table).where(over)
                left[name] = left.get(name, 0) + connection.execute(query).scalar_one()
        return {name: count for name, count in left.items() if count}

    def _over_before(self, rows: Rows, period: RetentionPeriod, now: datetime) -> datetime:
        before = period.over_before(now)
        return whole_months_before(before, self._zone) if rows.by_month else before

    def _months(self, name: str, rows: Rows, now: datetime) -> MonthsOfLog:
        def remove(ids: Sequence[int], before: datetime, connection: Connection) -> int:
            return _remove(table, ids, before, now, connection)

        table, run = _table(rows), self._run(db.engine)
        return MonthsOfLog(name, and_(*_scope(table, rows)), self._zone, self._key, run, remove)

    def _run(self, engine: Engine) -> Run:
        """Returns what carries out a piece of work: on SQLite the one writer, between batches."""
        is_sqlite = engine.dialect.name == "sqlite"
        return self._writer.run if is_sqlite else in_own_transaction(engine)


def _walk(
    engine: Engine, rows: Rows, before: datetime, now: datetime, run: Run
) -> tuple[int, bool]:
    """Returns how many rows were removed, and whether all that are over were."""
    table, after, removed = _table(rows), 0, 0
    is_over = _is_over(table, rows, before)
    while True:
        with engine.connect() as connection:
            last, earliest = connection.execute(_window(table, rows, after)).one()
            if last is None or earliest >= before:
                return removed, True
            of_window = and_(table.c.id > after, table.c.id <= last, is_over)
            found = connection.scalars(select(table.c.id).where(of_window).order_by(table.c.id))
            ids = list(found)
        for start in range(0, len(ids), _CHUNK_ROWS):
            chunk = ids[start : start + _CHUNK_ROWS]
            removed += run(partial(_remove, table, chunk, before, now))
            clock.pause(_PAUSE_SECONDS)
        if ids and not _has_small_wal(engine):
            return removed, False
        after = last


def _window(table: Table, rows: Rows, after: int) -> Select[Any]:
    made = table.c[rows.made or rows.counted_from]
    page = (
        select(table.c.id, made.label("made"))
        .where(table.c.id > after)
        .order_by(table.c.id)
        .limit(_WINDOW_ROWS)
        .subquery()
    )
    return select(func.max(page.c.id), func.min(page.c.made))


def _remove(
    table: Table, ids: Sequence[int], before: datetime, now: datetime, connection: Connection
) -> int:
    """Removes rows one after the other, oldest first: a statement for many has no order."""
    statement = delete(table).where(table.c.id == bindparam("doomed"))
    with stated_limit(connection, table.name, before=before, now=now):
        return connection.execute(statement, [{"doomed": number} for number in ids]).rowcount


def _is_over(table: Table, rows: Rows, before: datetime) -> ColumnElement[bool]:
    ended = table.c[rows.counted_from] < before
    if rows.next_of:
        later = table.alias("later")
        ended = or_(
            ended,
            exists().where(
                *(later.c[name] == table.c[name] for name in rows.next_of),
                later.c.id > table.c.id,
                later.c[rows.made] < before,
            ),
        )
    return and_(ended, *_scope(table, rows))


def _scope(table: Table, rows: Rows) -> list[ColumnElement[bool]]:
    conditions = []
    if rows.starts:
        conditions.append(_begins(table, *rows.starts))
    if rows.but_not:
        conditions.append(not_(_begins(table, *rows.but_not)))
    return conditions


def _begins(table: Table, column: str, word: str) -> ColumnElement[bool]:
    return func.substr(table.c[column], 1, len(word)) == word


def _has_small_wal(engine: Engine) -> bool:
    if engine.dialect.name != "sqlite" or sqlite.move_wal(engine):
        return True
    return sqlite.wal_bytes(engine) < _WAL_LIMIT_BYTES


def _table(rows: Rows) -> Table:
    return db.metadatas[None].tables[rows.table]
