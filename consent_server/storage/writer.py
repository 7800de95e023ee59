"""Group commit: one thread per process writes what is queued in one durable transaction.

Callers hand in a row and wait; when `write` returns, the row is on disk. A row whose key exists
already is not written again: the stored one comes back, so a repeated submission gets the same
answer. When a batch fails, its rows are tried one by one, so a poisoned row fails alone. When the
database gives no answer, everyone who waits is refused at once. The queue is bounded: a full one is
an `Unavailable`, never a silent drop.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Table, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from consent_server.errors import Unavailable
from consent_server.storage.gauges import Unheard, WriterObserver

_BATCH_LIMIT = 500  # rows; beyond it a larger batch gains nothing measurable
_ANSWER_TIMEOUT_SECONDS = 60.0

T = TypeVar("T")
Row = Mapping[str, Any]


@dataclass(slots=True)
class _Insert:
    table: Table
    key: str
    row: Row
    done: Future[Row] = field(default_factory=Future)


@dataclass(slots=True)
class _Work:
    run: Callable[[Connection], Any]
    done: Future[Any] = field(default_factory=Future)


class Writer:
    """The only writer of visits and consent records in this process.

    engine: the database written to.
    queue_limit: how many rows may wait. observer: hears what happens (storage.gauges).
    """

    def __init__(
        self, engine: Engine, *, queue_limit: int, observer: WriterObserver | None = None
    ) -> None:
        self._engine = engine
        self._observer = observer or Unheard()
        self._observer.queue_limit(queue_limit)
        self._queue: queue.Queue[_Insert | _Work | None] = queue.Queue(queue_limit)
        self._thread: threading.Thread | None = None
        self._start_lock = threading.Lock()
        self._is_closed = False

    def write(self, table: Table, key: str, row: Row) -> Row:
        """Inserts `row` unless one with the same `key` exists; returns the stored row.

        Blocks until the row is on disk. Raises Unavailable when the queue is full or the
        database cannot be written; then nothing was stored.
        """
        insert = _Insert(table, key, row)
        self._put(insert)
        with self._observer.waiting():
            stored: Row = _answer(insert.done)
        return stored

    def run(self, work: Callable[[Connection], T]) -> T:
        """Runs `work` in a transaction of its own between two batches; returns its result."""
        item = _Work(work)
        self._put(item)
        result: T = _answer(item.done)
        return result

    def close(self) -> None:
        """Writes what is queued, then stops the thread; later writes are Unavailable."""
        with self._start_lock:
            self._is_closed = True
            thread = self._thread
        if thread is not None and thread.is_alive():
            self._queue.put(None)
            thread.join()

    def _put(self, item: _Insert | _Work) -> None:
        self._ensure_started()
        try:
            self._queue.put_nowait(item)
        except queue.Full as error:
            self._observer.refused("queue_full")
            raise Unavailable("Too many records are waiting to be written.") from error
        self._observer.queued(self._queue.qsize())

    def _ensure_started(self) -> None:
        """Starts the thread on first use: a forked worker must not inherit a dead one."""
        with self._start_lock:
            if self._is_closed:
                raise Unavailable("The service is stopping.")
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._loop, name="writer", daemon=True)
                self._thread.start()

    def _loop(self) -> None:
        while (item := self._queue.get()) is not None:
            batch, work, is_last = self._take(item)
            if batch:
                self._commit(batch)
            if work is not None:
                self._perform(work)
            self._observer.queued(self._queue.qsize())
            if is_last:
                return

    def _take(self, item: _Insert | _Work) -> tuple[list[_Insert], _Work | None, bool]:
        """Collects inserts until the queue is empty, the batch is full or other work comes."""
        batch: list[_Insert] = []
        current: _Insert | _Work | None = item
        while isinstance(current, _Insert):
            batch.append(current)
            if len(batch) == _BATCH_LIMIT:
                return batch, None, False
            try:
                current = self._queue.get_nowait()
            except queue.Empty:
                return batch, None, False
        return batch, current, current is None

    def _commit(self, batch: list[_Insert]) -> None:
        began = time.perf_counter()
        try:
            with self._writing() as connection:
                stored = [self._insert_group(connection, group) for group in _groups(batch)]
        except Exception as error:  # noqa: BLE001 - the thread must survive whatever one row does
            if _is_outage(error):
                for item in [*batch, *self._take_all()]:
                    self._observer.refused("database_away")
                    item.done.set_exception(_refusal(error))
            elif len(batch) == 1:
                batch[0].done.set_exception(error)
            else:
                for insert in batch:
                    self._commit([insert])
        else:
            self._observer.committed(len(batch), time.perf_counter() - began)
            self._observer.acknowledged(Counter(insert.table.name for insert in batch))
            for group, rows in zip(_groups(batch), stored, strict=True):
                for insert in group:
                    insert.done.set_result(rows[insert.row[insert.key]])

    def _take_all(self) -> list[_Insert | _Work]:
        """Empties the queue: who came while the database gave no answer has waited long enough."""
        waiting: list[_Insert | _Work] = []
        while True:
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                return waiting
            if item is None:  # the end; nothing comes after it
                self._queue.put(None)
                return waiting
            waiting.append(item)

    def _perform(self, work: _Work) -> None:
        try:
            with self._writing() as connection:
                result = work.run(connection)
        except Exception as error:  # noqa: BLE001 - reported to the caller; the thread must survive
            work.done.set_exception(_refusal(error))
        else:
            work.done.set_result(result)

    def _writing(self) -> Any:
        return self._engine.execution_options(writes=True).begin()

    def _insert_group(self, connection: Connection, group: list[_Insert]) -> dict[Any, Row]:
        table, key = group[0].table, group[0].table.c[group[0].key]
        module = sqlite if self._engine.dialect.name == "sqlite" else postgresql
        rows = {insert.row[insert.key]: insert.row for insert in group}
        insert = module.insert(table).on_conflict_do_nothing(index_elements=[key])
        connection.execute(insert, list(rows.values()))
        found = connection.execute(select(table).where(key.in_(rows))).mappings()
        return {row[key.name]: dict(row) for row in found}


def _groups(batch: Iterable[_Insert]) -> list[list[_Insert]]:
    by_table: dict[str, list[_Insert]] = {}
    for insert in batch:
        by_table.setdefault(insert.table.name, []).append(insert)
    return list(by_table.values())


def _answer(done: Future[Any]) -> Any:
    try:
        return done.result(_ANSWER_TIMEOUT_SECONDS)
    except TimeoutError as error:
        raise Unavailable("The database did not answer in time.") from error


def _is_outage(error: Exception) -> bool:
    """Whether the database as a whole, not one row, is the trouble."""
    return isinstance(error, OperationalError | InternalError | PoolTimeout) or (
        isinstance(error, DBAPIError) and error.connection_invalidated
    )


def _refusal(error: Exception) -> Exception:
    if _is_outage(error):
        return Unavailable("The database cannot be written at the moment; nothing was stored.")
    return error
