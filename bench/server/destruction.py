"""Destruction of visits on both databases, each round on databases of its own."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any, Final

from bench.server.children import told
from bench.server.cluster import Cluster
from bench.server.effort import Effort
from bench.server.rounds import spread
from bench.server.service import Service

METHOD: Final = (
    "{rows:,} visits fall due at one instant, a tenth as many stay; timed is the whole verb that"
    " `consent-server retention run` calls (keys, master roll, rows, archive, traces in files,"
    " certificate), with the clock turned to that instant. Meanwhile two writers post choices"
    " through the application, together 200 a second, and until the disk room is given back."
    " PostgreSQL: beside it, in the same database, an indexed DELETE in transactions of 5,000 on an"
    " ordinary table of the same rows and indexes. Destruction under full load over HTTP is"
    " measured with the writes on SQLite."
)
_REMOVING: Final = ("DROP", "ALTER", "DELETE", "TRUNCATE")  # first words of statements


def measure(folder: Path, effort: Effort) -> dict[str, Any]:
    """Returns the section as it is stored."""
    seen: dict[str, list[dict[str, Any]]] = {"postgresql": [], "sqlite": []}
    with Cluster(folder).running() as cluster:
        for number in range(effort.rounds):
            print(f"  round {number + 1} of {effort.rounds}", flush=True)
            for engine, done in seen.items():
                done.append(_round(folder, f"{engine}_{number}", cluster, engine, effort.rows))
        facts = cluster.facts()
    return {
        "method": METHOD.format(rows=effort.rows),
        "postgresql": facts,
        "sqlite": sqlite3.sqlite_version,
        "rows": effort.rows,
        "measures": {engine: summary(done, effort.rows) for engine, done in seen.items()},
    }


def summary(done: list[dict[str, Any]], rows: int) -> dict[str, Any]:
    """Returns what rounds have in common."""
    found: dict[str, Any] = {
        "seconds": spread(one["seconds"] for one in done),
        "removing_seconds": spread(removing_seconds(one) for one in done),
        "rows_per_second": spread(rows / one["seconds"] for one in done),
        "statements_seconds": done[-1]["statements_seconds"],
    }
    for name in ("idle_p99_ms", "busy_p99_ms", "busy_max_ms", "busy_samples", "times_idle_p99",
                 "given_back_seconds", "mib_before", "mib_after"):  # fmt: skip
        found[name] = spread(one[name] for one in done)
    if "indexed_delete_seconds" in done[0]:
        found["indexed_delete_seconds"] = spread(one["indexed_delete_seconds"] for one in done)
        found["times_indexed_delete"] = spread(
            one["indexed_delete_seconds"] / one["seconds"] for one in done
        )
    return found


def removing_seconds(one: dict[str, Any]) -> float:
    """Returns the time in statements that take rows or tables away, else of the whole verb."""
    by_word: dict[str, float] = one["statements_seconds"]
    return sum(by_word.get(word, 0.0) for word in _REMOVING) or float(one["seconds"])


def _round(folder: Path, name: str, cluster: Cluster, engine: str, rows: int) -> dict[str, Any]:
    service = Service(folder, name, cluster if engine == "postgresql" else None)
    cluster.settle()
    bodies = ("--consent", service.consent_body(), "--visit", service.visit_body())
    done = told("inside", "destroy", *bodies, "--rows", str(rows), environ=service.environ)
    removed, p99 = removing_seconds(done), done["busy_p99_ms"]
    print(f"    {name:16}{done['seconds']:.3f} s ({removed:.3f} s)  p99 {p99:.1f} ms", flush=True)
    return done
