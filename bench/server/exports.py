"""Exports as CSV into a file, each a process of its own: ours beside what the database does itself.

PostgreSQL: `COPY table TO STDOUT` of the same columns through psycopg. SQLite: the `sqlite3` shell.
What a process takes with nothing to export (its start-up) is taken off, for all alike; both figures
are kept. Memory: the peak with all rows less the peak with the first thousand.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, Final

from bench.deployment import PROGRAM
from bench.server.children import PYTHON, Cost, measured, told
from bench.server.cluster import Cluster
from bench.server.effort import Effort
from bench.server.loadgen import VoidRunError
from bench.server.rounds import in_turn, spread
from bench.server.service import Service
from bench.server.tables import cell, multiply

METHOD: Final = (
    "{rows:,} consent records as CSV into a file on the same disk, PostgreSQL and SQLite; the"
    " median of the start-up (the same command with nothing to export) is taken off every time."
    " Decryption: {visits:,} visit records. The ORM way (`yield_per` of 1,000) exports {orm:,}"
    " records, timed inside its process. Growth is the peak of resident memory less that of an"
    " export of 1,000."
)
COLUMNS: Final = (
    "site_id, id, consent_id, visitor_id, action, policy_version, language, text_sha256, decisions,"
    " services, layer, trusted, gpc, recorded_at, valid_until, digest"
)
_FEW: Final = 1000
_NEVER: Final = "2100-01-01"
_EMPTY_RUNS: Final = 3
_COPY: Final = """
import sys, psycopg
with psycopg.connect(sys.argv[1]) as connection, open(sys.argv[3], "wb") as file:
    with connection.cursor().copy(sys.argv[2]) as copy:
        for block in copy:
            file.write(block)
"""


Export = Callable[[str], Cost]  # of records since an instant; "" = of all


def measure(folder: Path, effort: Effort) -> dict[str, Any]:
    """Returns the section as it is stored."""
    visits, orm = effort.rows // 5, effort.rows // 10
    with Cluster(folder).running() as cluster:
        services = [Service(folder, "on_postgresql", cluster), Service(folder, "on_sqlite")]
        found: dict[str, Any] = {}
        for service in services:
            print(f"  making {effort.rows:,} records for {service.home.name}", flush=True)
            _fill(service, effort.rows, visits)
            cluster.settle()
            found |= _Engine(service, effort.rows, visits, orm).measure(effort.rounds)
        facts = cluster.facts()
    return {
        "method": METHOD.format(rows=effort.rows, visits=visits, orm=orm),
        "postgresql": facts,
        "sqlite": sqlite3.sqlite_version,
        "measures": found,
    }


def _fill(service: Service, rows: int, visits: int) -> None:
    """Makes the rows; consent records lie a millisecond apart, so that the first can be told."""
    bodies = ("--consent", service.consent_body(), "--visit", service.visit_body())
    told("inside", "fill", *bodies, "--rows", str(visits), environ=service.environ)
    instant = (
        "strftime('%Y-%m-%d %H:%M:%f000', one.recorded_at, (i / 1000.0) || ' seconds')"
        if service.is_sqlite
        else "one.recorded_at + i * interval '1 millisecond'"
    )
    multiply(service.url, "consent_records", rows - 1, {"recorded_at": instant})


class _Engine:
    """The exports of one database; the ORM's is a floor, timed inside its process."""

    def __init__(self, service: Service, rows: int, visits: int, orm: int) -> None:
        self._service = service
        self._name = "sqlite" if service.is_sqlite else "postgresql"
        self._file = service.home / "export.csv"
        self._rows = {"ours": rows, "bare": rows, "visits": visits, "orm": orm}
        self._bytes: dict[str, int] = {}
        self._ways: dict[str, Export] = {
            "ours": partial(self._ours, "consents"),
            "bare": self._shell if service.is_sqlite else self._copy,
            "visits": partial(self._ours, "visits"),
            "orm": self._orm,
        }

    def measure(self, rounds: int) -> dict[str, Any]:
        """Returns rows per second and memory of each way."""
        starts = {name: self._start_seconds(name) for name in self._ways}
        seen = in_turn(rounds, list(self._ways), self._run)
        found = {
            f"{self._name}-{name}": self._summary(name, starts[name], costs)
            for name, costs in zip(self._ways, seen, strict=True)
        }
        few = self._ours("consents", self._since_the_last(_FEW)).peak_mib
        ours = found[f"{self._name}-ours"]
        ours |= {"few_peak_mib": few, "growth_mib": round(ours["peak_mib"]["max"] - few, 1)}
        return found

    def _run(self, name: str) -> Cost:
        """Exports all and looks whether all is in the file."""
        cost = self._ways[name]("")
        with self._file.open("rb") as file:
            lines = sum(block.count(b"\n") for block in iter(partial(file.read, 1 << 20), b""))
        if lines != self._rows[name] + 1:
            raise VoidRunError(f"{self._name}-{name}: {lines} lines of {self._rows[name] + 1}")
        self._bytes[name] = self._file.stat().st_size
        rate = self._rows[name] / cost.seconds
        print(f"    {self._name}-{name:12}{rate:11,.0f}/s  {cost.peak_mib:.0f} MiB", flush=True)
        return cost

    def _start_seconds(self, name: str) -> float:
        if name == "orm":
            return 0.0
        return median(self._ways[name](_NEVER).seconds for _ in range(_EMPTY_RUNS))

    def _summary(self, name: str, start: float, costs: Sequence[Cost]) -> dict[str, Any]:
        rows = self._rows[name]
        net = net_seconds(name, start, [cost.seconds for cost in costs])
        return {
            "rows": rows,
            "rows_per_second": spread(rows / seconds for seconds in net),
            "with_start_per_second": spread(rows / cost.seconds for cost in costs),
            "microseconds_per_row": spread(seconds / rows * 1e6 for seconds in net),
            "start_seconds": round(start, 3),
            "peak_mib": spread(cost.peak_mib for cost in costs),
            "file_bytes": self._bytes[name],
        }

    def _since_the_last(self, count: int) -> str:
        query = (
            f"SELECT recorded_at FROM consent_records ORDER BY id DESC LIMIT 1 OFFSET {count - 1}"
        )
        return str(cell(self._service.url, query)).replace(" ", "T")

    def _ours(self, kind: str, since: str) -> Cost:
        words = [str(PROGRAM), kind, "export", "--format", "csv", "-o", str(self._file)]
        return measured([*words, *(("--since", since) if since else ())], self._service.environ)

    def _copy(self, since: str) -> Cost:
        rows = f"(SELECT {COLUMNS} FROM consent_records WHERE false)"
        what = rows if since else f"consent_records ({COLUMNS})"
        statement = f"COPY {what} TO STDOUT WITH (FORMAT csv, HEADER)"
        words = [PYTHON, "-c", _COPY, self._service.url, statement, str(self._file)]
        return measured(words, self._service.environ)

    def _shell(self, since: str) -> Cost:
        query = f"SELECT {COLUMNS} FROM consent_records" + (" WHERE false" if since else "")
        words = ["sqlite3", "-csv", "-header", self._service.url, query]
        with self._file.open("wb") as out:
            return measured(words, self._service.environ, out)

    def _orm(self, _since: str) -> Cost:
        words = ("orm-export", "--rows", str(self._rows["orm"]), "-o", str(self._file))
        done = told("inside", *words, environ=self._service.environ)
        return Cost(done["seconds"], done["peak_mib"])


def net_seconds(name: str, start: float, seconds: Sequence[float]) -> list[float]:
    """Takes the start-up off. Raises VoidRunError when that leaves nothing to go by."""
    if min(seconds) <= start:
        raise VoidRunError(f"{name}: over before the start-up's time had passed; use more --rows")
    return [one - start for one in seconds]
