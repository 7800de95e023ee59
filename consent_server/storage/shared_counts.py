"""Counts that several processes and nodes share through one small table of PostgreSQL.

Each process counts for itself; a thread of it tells the table `rate_counts` what it counted, at
most once a second, and hears what all have. So a client gets past a limit by what it sends within
about a second, plus `grain` requests per process. Keys that stay below the grain are never told:
whoever behaves like a person leaves no trace in any database.

What it must never do: hold up a request, or refuse one because the database is away. Then each
process goes on with what it knows, and says so in the log.
"""

from __future__ import annotations

import logging
import threading
import time
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Engine, Integer, String
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, mapped_column

from consent_server import clock
from consent_server.storage import postgres
from consent_server.storage.columns import UtcDateTime
from consent_server.storage.counts import Count, Counts, Span
from consent_server.storage.database import Model

_PAUSE_SECONDS: Final = 1.0  # between two rounds of one process
_SWEEP_SECONDS: Final = 60.0  # between two looks for spans that are over
_BATCH_ROWS: Final = 5_000
_TOLD_AT_ONCE: Final = ("LIMITER/signin/", "LIMITER/account/")  # few, and each one matters

_log = logging.getLogger(__name__)


class RateCount(Model):
    """What all processes counted of one key in one span, as far as they have told."""

    __tablename__ = "rate_counts"
    __table_args__ = (
        {"comment": "requests counted in the present span of time; on PostgreSQL unlogged"},
    )

    key: Mapped[str] = mapped_column(
        String(120), primary_key=True, comment="rule, keyed hash of whom it is about, span"
    )
    hits: Mapped[int] = mapped_column(Integer, comment="requests told so far")
    ends_at: Mapped[datetime] = mapped_column(
        UtcDateTime, comment="end of the span; the row is removed about a minute later"
    )


class SharedCounts(Counts):
    """Counts of all processes.

    grain: how many requests of a key a process keeps to itself before it tells them.
    """

    def __init__(self, engine: Engine, grain: int) -> None:
        super().__init__()
        self._engine = engine
        self._grain = grain
        self._wanted = threading.Event()
        self._closed = threading.Event()
        self._round = threading.Lock()
        self._thread: threading.Thread | None = None
        self._swept_at = time.monotonic()
        self._is_alone = False

    def settle(self) -> None:
        """Tells the table what was counted here, and takes over what all counted."""
        with self._round:
            try:
                for span, keys in self._due():
                    for first in range(0, len(keys), _BATCH_ROWS):
                        self._tell(span, keys[first : first + _BATCH_ROWS])
                self._sweep()
            except SQLAlchemyError as error:
                self._go_on_alone(error)
            else:
                self._is_alone = False

    def close(self) -> None:
        """Ends the thread."""
        self._closed.set()
        self._wanted.set()
        if self._thread is not None:
            self._thread.join()

    def _counted(self, span: Span, key: str, count: Count) -> None:
        if count.untold < self._grain and not key.startswith(_TOLD_AT_ONCE):
            return
        span.due.add(key)
        if not self._wanted.is_set():
            self._wanted.set()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="rate-counts", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while not self._closed.is_set():
            self._wanted.wait(_SWEEP_SECONDS)
            self._wanted.clear()
            self.settle()
            self._closed.wait(_PAUSE_SECONDS)

    def _due(self) -> list[tuple[Span, list[str]]]:
        with self._lock:
            return [(span, list(span.due)) for span in self._spans.values()]

    def _tell(self, span: Span, keys: list[str]) -> None:
        with self._lock:
            told = {key: span.counts[key].untold for key in keys if key in span.counts}
        marked = {f"{key}#{span.number}": hits for key, hits in told.items()}
        with self._engine.begin() as connection:
            totals = postgres.add_counts(connection, marked, _instant(span.ends_at))
        with self._lock:
            for key in keys:
                if (count := span.counts.get(key)) is not None and key in told:
                    count.untold -= told[key]
                    count.hits = totals[f"{key}#{span.number}"] + count.untold
                if count is None or count.untold < self._grain:
                    span.due.discard(key)

    def _sweep(self) -> None:
        if time.monotonic() - self._swept_at < _SWEEP_SECONDS:
            return
        with self._engine.begin() as connection:
            postgres.remove_counts(connection, clock.now())
        self._swept_at = time.monotonic()

    def _go_on_alone(self, error: SQLAlchemyError) -> None:
        if not self._is_alone:
            _log.warning(
                "rate limits: the database is away (%s); this process counts alone",
                type(error).__name__,
            )
        self._is_alone = True


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
