"""Group commit: one thread per process writes what is queued in one durable transaction.

Callers hand in a row and wait; when `write` returns, the row is on disk. A row whose key exists
already is not written again: the stored one comes back, so a repeated submission gets the same
answer. When a batch fails, its rows are tried one by one, so a poisoned row fails alone. When the
database gives no answer, everyone who waits is refused at once.

Rows of different tables wait in lanes of their own, and each batch takes from all of them, so that
a flood of visits never keeps a decision out. Lanes are bounded: a full one is an `Unavailable`,
never a silent drop. Other work, such as destruction on SQLite, runs between two batches.
"""

from __future__ import annotations

import _thread
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Table, select
from sqlalchemy.exc import DatabaseError, DBAPIError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from consent_server.errors import Unavailable
from consent_server.storage.writing.batches import BatchConnection
from consent_server.storage.writing.gauges import Unheard, WriterObserver

_BATCH_LIMIT = 500  # rows; beyond it a larger batch gains nothing measurable
_ANSWER_TIMEOUT_SECONDS = 60.0
_TOLD_EVERY = 50  # rows: a lane that grows is told of while the thread is busy or stuck

T = TypeVar("T")
Row = Mapping[str, Any]


class _Waiting:
    """What is queued, and the lock on which its caller sleeps: cheaper than a Future by half."""

    __slots__ = ("_answered", "error", "result")

    def __init__(self) -> None:
        self._answered = _thread.allocate_lock()
        self._answered.acquire()
        self.result: Any = None
        self.error: Exception | None = None

    def answer(self, result: Any) -> None:
        """Lets the caller go on with a result."""
        self.result = result
        self._answered.release()

    def refuse(self, error: Exception) -> None:
        """Lets the caller go on with an error."""
        self.error = error
        self._answered.release()

    def wait(self) -> Any:
        """Sleeps until there is an answer; raises the error if that is what came."""
        if not self._answered.acquire(timeout=_ANSWER_TIMEOUT_SECONDS):
            raise Unavailable("The database did not answer in time.")
        if self.error is not None:
            raise self.error
        return self.result


class _Insert(_Waiting):
    __slots__ = ("key", "row", "table")

    def __init__(self, table: Table, key: str, row: Row) -> None:
        super().__init__()
        self.table = table
        self.key = key
        self.row = row


class _Work(_Waiting):
    __slots__ = ("run",)

    def __init__(self, run: Callable[[Connection], Any]) -> None:
        super().__init__()
        self.run = run


class Writer:
    """The only writer of visits and consent records in this process.

    engine: the database written to.
    queue_limit: how many rows of one table, and how much other work, may wait.
    observer: hears what happens (storage.writing.gauges).
    """

    def __init__(
        self, engine: Engine, *, queue_limit: int, observer: WriterObserver | None = None
    ) -> None:
        self._engine = engine
        self._observer = observer or Unheard()
        self._observer.queue_limit(queue_limit)
        self._limit = queue_limit
        self._batches = BatchConnection(engine)
        self._gate = threading.Lock()  # guards all below
        self._lanes: dict[str, deque[_Insert]] = {}
        self._works: deque[_Work] = deque()
        self._bell = _thread.allocate_lock()  # released once whenever the thread shall wake up
        self._bell.acquire()
        self._is_idle = False
        self._is_closed = False
        self._thread: threading.Thread | None = None

    def write(self, table: Table, key: str, row: Row) -> Row:
        """Inserts `row` unless one with the same `key` exists; returns the stored row.

        Of a table that is marked `is_read_back: False` the row handed in comes back instead.
        Blocks until the row is on disk. Raises Unavailable when the queue is full or the
        database cannot be written; then nothing was stored.
        """
        insert = _Insert(table, key, row)
        with self._gate:
            lane = self._lanes.get(table.name)
            if lane is None:
                lane = self._lanes[table.name] = deque()
            self._put(lane, insert)
        with self._observer.waiting():
            stored: Row = insert.wait()
        return stored

    def run(self, work: Callable[[Connection], T]) -> T:
        """Runs `work` in a transaction of its own between two batches; returns its result."""
        item = _Work(work)
        with self._gate:
            self._put(self._works, item)
        result: T = item.wait()
        return result

    def close(self) -> None:
        """Writes what is queued, then stops the thread; later writes are Unavailable."""
        with self._gate:
            self._is_closed = True
            thread = self._thread
            self._wake()
        if thread is not None:
            thread.join()
        self._batches.close()

    def _put(self, lane: deque[Any], item: _Waiting) -> None:
        """Queues an item; the gate is held."""
        if self._is_closed:
            raise Unavailable("The service is stopping.")
        if len(lane) >= self._limit:
            self._observer.refused("queue_full")
            raise Unavailable("Too many records are waiting to be written.")
        if self._thread is None or not self._thread.is_alive():
            self._start()
        lane.append(item)
        if not len(lane) % _TOLD_EVERY:
            self._observer.queued(len(lane))
        self._wake()

    def _start(self) -> None:
        """Starts the thread on first use: a forked worker must not inherit a dead one."""
        self._thread = threading.Thread(target=self._loop, name="writer", daemon=True)
        self._thread.start()

    def _wake(self) -> None:
        if self._is_idle:
            self._is_idle = False
            self._bell.release()

    def _loop(self) -> None:
        while True:
            batch, work = self._take()
            if batch:
                self._commit(batch)
            if work is not None:
                self._perform(work)
            if not batch and work is None and not self._sleep():
                return

    def _take(self) -> tuple[list[_Insert], _Work | None]:
        """Takes rows, of each lane its share, and at most one piece of other work."""
        with self._gate:
            lanes = [lane for lane in self._lanes.values() if lane]
            self._observer.queued(max(map(len, lanes), default=0))
            share = _BATCH_LIMIT // (len(lanes) or 1)
            batch = [lane.popleft() for lane in lanes for _ in range(min(share, len(lane)))]
            return batch, self._works.popleft() if self._works else None

    def _sleep(self) -> bool:
        """Waits for something to do; returns False when the end has come."""
        with self._gate:
            if self._works or any(self._lanes.values()):
                return True
            if self._is_closed:
                return False
            self._is_idle = True
        self._bell.acquire()
        return True

    def _commit(self, batch: list[_Insert]) -> None:
        groups = _groups(batch)
        began = time.perf_counter()
        try:
            inserted = self._batches.insert(
                [(table, [insert.row for insert in inserts]) for table, inserts in groups]
            )
            stored = [
                self._stored(table, inserts) if count < len(inserts) and _is_read(table) else None
                for (table, inserts), count in zip(groups, inserted, strict=True)
            ]
        except Exception as error:  # noqa: BLE001 - the thread must survive whatever one row does
            if _is_outage(error):
                self._refuse_all(batch, error)
            elif len(batch) == 1:
                batch[0].refuse(error)
            else:
                for insert in batch:
                    self._commit([insert])
            return
        self._observer.committed(len(batch), time.perf_counter() - began)
        self._observer.acknowledged({table.name: len(inserts) for table, inserts in groups})
        for (_, inserts), rows in zip(groups, stored, strict=True):
            for insert in inserts:
                insert.answer(insert.row if rows is None else rows[insert.row[insert.key]])

    def _stored(self, table: Table, inserts: list[_Insert]) -> dict[Any, Row]:
        """Returns the stored rows by key: some were there already, or came twice."""
        key = table.c[inserts[0].key]
        wanted = [insert.row[key.name] for insert in inserts]
        with self._engine.connect() as connection:
            found = connection.execute(select(table).where(key.in_(wanted))).mappings()
            return {row[key.name]: dict(row) for row in found}

    def _refuse_all(self, batch: list[_Insert], error: Exception) -> None:
        """Refuses also who came while the database gave no answer: they have waited long enough."""
        with self._gate:
            waiting = [*batch, *(insert for lane in self._lanes.values() for insert in lane)]
            works = list(self._works)
            for lane in self._lanes.values():
                lane.clear()
            self._works.clear()
        for item in [*waiting, *works]:
            self._observer.refused("database_away")
            item.refuse(_refusal(error))

    def _perform(self, work: _Work) -> None:
        try:
            with self._engine.execution_options(writes=True).begin() as connection:
                result = work.run(connection)
        except Exception as error:  # noqa: BLE001 - reported to the caller; the thread must survive
            work.refuse(_refusal(error))
        else:
            work.answer(result)


def _is_read(table: Table) -> bool:
    return bool(table.info.get("is_read_back", True))


def _groups(batch: Iterable[_Insert]) -> list[tuple[Table, list[_Insert]]]:
    """Returns the rows by table, in the same order in every process: else two could deadlock."""
    by_table: dict[Table, list[_Insert]] = {}
    for insert in batch:
        by_table.setdefault(insert.table, []).append(insert)
    return sorted(by_table.items(), key=lambda group: group[0].name)


def _is_outage(error: Exception) -> bool:
    """Whether the database as a whole, not one row, is the trouble.

    A plain DatabaseError is SQLite's word for a file that is damaged or none of its own.
    """
    return (
        isinstance(error, OperationalError | InternalError | PoolTimeout)
        or type(error) is DatabaseError
        or (isinstance(error, DBAPIError) and error.connection_invalidated)
    )


def _refusal(error: Exception) -> Exception:
    if _is_outage(error):
        return Unavailable("The database cannot be written at the moment; nothing was stored.")
    return error
