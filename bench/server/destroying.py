"""Destruction of visits inside the application, while choices come in through its WSGI door.

The clock of this process is turned to the last instant of the visits, as the tests do: they were
recorded in the ordinary way, so they lie where destruction finds real ones. Timed is the whole verb
`Retention.run`: keys, rows, archive, traces in files. On PostgreSQL, the usual way is timed beside
it: an indexed DELETE in chunks of 5,000, each a transaction, on an ordinary table of the same rows.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from flask import Flask
from sqlalchemy import Engine, event, func, select, text

from bench.server.service import ORIGIN
from bench.server.tables import multiply
from consent_server import clock
from consent_server.house import house_of
from consent_server.storage.database import db, table_of
from consent_server.visits.models import Visit

_KEPT_SHARE: Final = 10  # as many as one in ten more are of a later day and must stay
_LATER: Final = timedelta(days=40)
_A_DAY: Final = timedelta(days=1)
_WRITERS: Final = 2
_PAUSE_SECONDS: Final = 0.009  # between two choices of one writer: 200 a second of both
_IDLE_SECONDS: Final = 5.0
_CHUNK_ROWS: Final = 5000
_MIB: Final = 1 << 20
_VISITS: Final = table_of(Visit)


class Destroying:
    """One round. consent, visit: bodies of requests, with @ID@ for the id."""

    def __init__(self, app: Flask, rows: int, consent: str, visit: str) -> None:
        self._app = app
        self._rows = rows
        self._consent = consent
        self._visit = visit
        self._engine = db.engine

    def measure(self) -> dict[str, Any]:
        """Makes the rows, destroys them, checks that they and only they are gone."""
        gone_at = self._make_rows()
        found = self._beside(gone_at) if self._engine.dialect.name == "postgresql" else {}
        with self._choices_coming_in() as idle:
            time.sleep(_IDLE_SECONDS)
        self._run_at(gone_at - _A_DAY)  # what earlier runs would have done meanwhile
        before = bytes_of(self._engine)
        with self._choices_coming_in() as busy, _timed_statements(self._engine) as statements:
            seconds = self._run_at(gone_at)
            given_back = self._give_room_back()
        left = self._count()
        if left != self._rows // _KEPT_SHARE:
            raise RuntimeError(f"{left} visits are left, {self._rows // _KEPT_SHARE} were to stay")
        return found | {
            "seconds": seconds,
            "statements_seconds": dict(statements),
            "idle_p99_ms": percentile(idle, 0.99) * 1000,
            "busy_p99_ms": percentile(busy, 0.99) * 1000,
            "busy_max_ms": percentile(busy, 1) * 1000,
            "busy_samples": len(busy),
            "times_idle_p99": percentile(busy, 0.99) / percentile(idle, 0.99),
            "given_back_seconds": given_back,
            "mib_before": before / _MIB,
            "mib_after": bytes_of(self._engine) / _MIB,
        }

    def _run_at(self, now: datetime) -> float:
        """Runs retention as if it were then; returns the seconds that it took."""
        clock.now = lambda: now
        started = time.perf_counter()
        house_of(self._app).retention.run()
        return time.perf_counter() - started

    def _give_room_back(self) -> float:
        """Gives disk room back as the jobs do, run by run; returns how many seconds it took."""
        started = time.perf_counter()
        while house_of(self._app).retention.give_room_back():
            pass
        return time.perf_counter() - started

    def _make_rows(self) -> datetime:
        """Makes what must go and what must stay, each out of a visit that came in by itself.

        Returns the last instant of those that must go.
        """
        today = clock.now()
        post(self._app, "/v1/visits", self._visit)
        clock.now = lambda: today + _LATER
        post(self._app, "/v1/visits", self._visit)
        clock.now = lambda: today
        url = self._engine.url
        is_sqlite = url.get_backend_name() == "sqlite"
        place = str(url.database) if is_sqlite else _plain(self._engine)
        multiply(place, "visits", self._rows - 1, of="gone_at")
        multiply(place, "visits", self._rows // _KEPT_SHARE - 1, of="gone_at DESC")
        with self._engine.connect() as connection:
            gone_at: datetime = connection.scalars(select(func.min(_VISITS.c.gone_at))).one()
        settle = "PRAGMA wal_checkpoint(TRUNCATE)" if is_sqlite else "CHECKPOINT"
        with self._engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.execute(text(settle))
            connection.execute(text("ANALYZE"))
        return gone_at

    def _count(self) -> int:
        with self._engine.connect() as connection:
            return connection.execute(select(func.count()).select_from(_VISITS)).scalar_one()

    def _beside(self, gone_at: datetime) -> dict[str, Any]:
        """Times the indexed DELETE on an ordinary table of the same rows."""
        engine = self._engine
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE plain (LIKE visits INCLUDING DEFAULTS)"))
            connection.execute(text("INSERT INTO plain SELECT * FROM visits"))
            for column in ("id", "visit_id", "gone_at"):
                connection.execute(text(f"CREATE INDEX ON plain ({column})"))
            connection.execute(text("CREATE INDEX ON plain (site_id, recorded_at)"))
            connection.execute(text("ANALYZE plain"))
        started, removed = time.perf_counter(), 0
        while count := _delete_chunk(engine, gone_at):
            removed += count
        seconds = time.perf_counter() - started
        with engine.begin() as connection:
            connection.execute(text("DROP TABLE plain"))
        if removed != self._rows:
            raise RuntimeError(f"the indexed DELETE removed {removed} of {self._rows}")
        return {"indexed_delete_seconds": seconds}

    @contextmanager
    def _choices_coming_in(self) -> Iterator[list[float]]:
        """Posts choices until the block ends; the list fills with the seconds that each took."""
        taken: list[float] = []
        is_over = threading.Event()
        writers = [
            threading.Thread(target=self._choose_until, args=[is_over, taken])
            for _ in range(_WRITERS)
        ]
        for writer in writers:
            writer.start()
        try:
            yield taken
        finally:
            is_over.set()
            for writer in writers:
                writer.join()

    def _choose_until(self, is_over: threading.Event, taken: list[float]) -> None:
        while not is_over.wait(_PAUSE_SECONDS):
            started = time.perf_counter()
            post(self._app, "/v1/consents", self._consent)
            taken.append(time.perf_counter() - started)


def post(app: Flask, path: str, body: str) -> None:
    """Sends a body with a fresh id through the WSGI door. Raises AssertionError when refused."""
    answer = app.test_client().post(
        path,
        data=body.replace("@ID@", str(uuid.uuid4())),
        headers={"Origin": ORIGIN, "Content-Type": "text/plain", "User-Agent": "Mozilla/5.0"},
    )
    assert answer.status_code in (201, 204), answer.text


def bytes_of(engine: Engine) -> int:
    """Returns how much disk room the main database takes, its log on SQLite included."""
    if engine.dialect.name == "sqlite":
        place = Path(str(engine.url.database))
        return sum(file.stat().st_size for file in place.parent.glob(f"{place.name}*"))
    with engine.connect() as connection:
        size: int = connection.scalars(text("SELECT pg_database_size(current_database())")).one()
        return size


def percentile(values: list[float], share: float) -> float:
    """Returns the value that this share of all does not exceed."""
    ordered = sorted(values)
    return ordered[round((len(ordered) - 1) * share)]


@contextmanager
def _timed_statements(engine: Engine) -> Iterator[Counter[str]]:
    """Adds up the seconds of statements by their first word, until the block ends."""
    seconds: Counter[str] = Counter()

    def begin(connection: Any, *_: Any) -> None:
        connection.info["began"] = time.perf_counter()

    def end(connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        word = statement.split(None, 1)[0].upper()
        seconds[word] += time.perf_counter() - connection.info["began"]

    event.listen(engine, "before_cursor_execute", begin)
    event.listen(engine, "after_cursor_execute", end)
    yield seconds
    event.remove(engine, "before_cursor_execute", begin)
    event.remove(engine, "after_cursor_execute", end)


def _delete_chunk(engine: Engine, gone_at: datetime) -> int:
    chosen = f"SELECT id FROM plain WHERE gone_at <= :now LIMIT {_CHUNK_ROWS}"
    with engine.begin() as connection:
        deleted = connection.execute(
            text(f"DELETE FROM plain WHERE id IN ({chosen})"), {"now": gone_at}
        )
        return deleted.rowcount


def _plain(engine: Engine) -> str:
    url = engine.url.set(drivername="postgresql")
    return url.render_as_string(hide_password=False)
