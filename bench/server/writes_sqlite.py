"""Writes on SQLite, durable: ours over HTTP beside bare single-row commits of Python's `sqlite3`.

The bare loop writes into a copy of our database: the same tables, indexes, triggers and pragmas, a
row ready-made. Then ours once more while it destroys visits and exports: their last instant comes
for so many in every second of the run, so the service destroys all the time, by itself.
"""

from __future__ import annotations

import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from bench.deployment import PROGRAM, ROOT
from bench.server import loadgen
from bench.server.contenders import Contender, measure_all, measured_run, over_http, summary
from bench.server.effort import Effort
from bench.server.loadgen import Outcome
from bench.server.service import Service
from bench.server.tables import cell, multiply
from bench.server.writes_postgresql import ask_ours, bare_loop

METHOD: Final = (
    "SQLite on a disk in WAL mode with synchronous=FULL; ours with one worker, asked by wrk as on"
    " PostgreSQL; the bare loop inserts with `sqlite3` in autocommit into a copy of the same"
    " database. Busy: {due:,} visits fall due in every second and are destroyed by the service,"
    " while one export of all consent records follows another."
)
_CONNECTIONS: Final = (64, 64, 8)  # of choices, page views, choices
_DUE_PER_SECOND: Final = 25_000  # 100,000 in a run of four seconds
_MADE_PER_SECOND: Final = 40_000  # while they are made, none falls due
_PATIENCE_SECONDS: Final = 120
_COPIED: Final = "bare.db"


def measure(folder: Path, effort: Effort) -> dict[str, Any]:
    """Returns the section as it is stored."""
    service = Service(folder, "ours", CONSENT_RETENTION_INTERVAL_SECONDS="1")
    with service.serving(workers=1) as server:
        asked = ask_ours(service, server.url)
        loadgen.run_counted(server.url, asked[2].shots, 2, 10)  # the rows that others are made of
        contenders = [
            over_http(one.name, one.url, one.shots, connections, one.count)
            for one, connections in zip((*asked[:2], asked[0]), _CONNECTIONS, strict=True)
        ]
        found = measure_all([*contenders, *_bare(service, folder)], effort)
        busy = _Busy(service, contenders[0], effort)
        found["consents-busy-64"] = busy.measure_rounds() | {"connections": 64}
        found["busy"] = {"destroyed": busy.destroyed, "exports": busy.exports}
    return {
        "method": METHOD.format(due=_DUE_PER_SECOND),
        "sqlite": sqlite3.sqlite_version,
        "measures": found,
    }


def _bare(service: Service, folder: Path) -> list[Contender]:
    """Returns the loops over a copy of the database, so that they are alone in it."""
    copied = folder / "copy"
    copied.mkdir()
    with (
        closing(sqlite3.connect(service.url)) as source,
        closing(sqlite3.connect(copied / _COPIED)) as target,
    ):
        source.backup(target)
    twin = service.twin(str(copied / _COPIED))
    return [bare_loop(twin, table) for table in ("consent_records", "visits")]


class _Busy:
    """Rounds in which the service destroys and exports while it is asked."""

    def __init__(self, service: Service, quiet: Contender, effort: Effort) -> None:
        self._service = service
        self._effort = effort
        self._asked = replace(quiet, name="consents-busy", ask=self._ask, warm=quiet.ask)
        self._ask_quietly = quiet.ask
        self.destroyed = self.exports = 0

    def measure_rounds(self) -> dict[str, Any]:
        """Returns rates and latencies."""
        outcomes = []
        for _ in range(self._effort.rounds):
            outcomes.append(measured_run(self._asked, self._effort))
            self._wait_until_destroyed()
        return summary(outcomes)

    def _ask(self, seconds: float) -> Outcome:
        count = round(_DUE_PER_SECOND * seconds)
        make_due(self._service.url, count, seconds)
        with self._exporting():
            outcome = self._ask_quietly(seconds)
        self.destroyed += count
        return outcome

    @contextmanager
    def _exporting(self) -> Iterator[None]:
        """Exports again and again until the block ends."""
        is_over = threading.Event()
        thread = threading.Thread(target=self._export_until, args=[is_over])
        thread.start()
        try:
            yield
        finally:
            is_over.set()
            thread.join()

    def _export_until(self, is_over: threading.Event) -> None:
        command = [str(PROGRAM), "consents", "export", "--format", "csv", "-o"]
        while not is_over.is_set():
            target = str(self._service.home / "busy.csv")
            subprocess.run([*command, target], env=self._service.environ, cwd=ROOT, check=True)
            self.exports += 1

    def _wait_until_destroyed(self) -> None:
        """Returns when none is left that fell due. Raises RuntimeError after long."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while cell(self._service.url, f"SELECT count(*) FROM visits WHERE {_IS_SOON}"):
            if time.monotonic() > deadline:
                raise RuntimeError("what was due is still there")
            time.sleep(0.2)


_INSTANT: Final = "%Y-%m-%d %H:%M:%f000"  # as SQLAlchemy writes it
_IS_SOON: Final = "gone_at < datetime('now', '+1 day')"


def make_due(file: str, count: int, seconds: float) -> None:
    """Adds visits, empties the WAL, and returns when their last instants begin to come.

    They lie evenly in the `seconds` after that.
    """
    lead = 0.5 + count / _MADE_PER_SECOND
    begins = time.monotonic() + lead
    later = f"(i * {seconds / count} + {lead}) || ' seconds'"
    multiply(file, "visits", count, {"gone_at": f"strftime('{_INSTANT}', 'now', {later})"})
    with closing(sqlite3.connect(file, timeout=60)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    time.sleep(max(0.0, begins - time.monotonic()))
