"""A bare loop: a driver, one ready-made row per durable commit, nothing else. Prints JSON.

    python -m bench.server.peers.bare sqlite FILE consent_records --seconds 3
    python -m bench.server.peers.bare postgresql URL visits --seconds 3

The table is the product's own, with its indexes and triggers, on SQLite with its pragmas. Rows are
copies of one that the service wrote, with fresh random ids. Run it where the service does not.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import time
import uuid
from collections.abc import Callable
from typing import Any, Final

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Json

from consent_server.storage import sqlite

FRESH: Final = {"consent_records": ("consent_id", "visitor_id"), "visits": ("visit_id",)}
_PERCENTILES: Final = {"p50_ms": 0.5, "p90_ms": 0.9, "p99_ms": 0.99, "max_ms": 1.0}


def main() -> None:
    """Reads the words and prints what came of it."""
    parser = argparse.ArgumentParser(prog="python -m bench.server.peers.bare")
    parser.add_argument("engine", choices=["sqlite", "postgresql"])
    parser.add_argument("where", help="file or URL")
    parser.add_argument("table", choices=list(FRESH))
    parser.add_argument("--seconds", type=float, required=True)
    options = parser.parse_args()
    insert = (_sqlite if options.engine == "sqlite" else _postgresql)(options.where, options.table)
    print(json.dumps(timed(insert, options.seconds)))


def timed(insert: Callable[[], None], seconds: float) -> dict[str, Any]:
    """Calls it for so long; returns how often and how long one took."""
    taken: list[float] = []
    started = before = time.perf_counter()
    while before < started + seconds:
        insert()
        now = time.perf_counter()
        taken.append(now - before)
        before = now
    taken.sort()
    last = len(taken) - 1
    found = {name: taken[round(last * share)] * 1000 for name, share in _PERCENTILES.items()}
    return {"requests": len(taken), "seconds": before - started, "bytes": 0, **found}


def _sqlite(file: str, table: str) -> Callable[[], None]:
    """Returns a function that commits one row: autocommit, the quickest way of the module."""
    connection = sqlite3.connect(file, isolation_level=None)
    sqlite.on_connect(connection, None)
    connection.row_factory = sqlite3.Row
    row = dict(connection.execute(f"SELECT * FROM {table} LIMIT 1").fetchone())
    del row["id"]
    names = ", ".join(row)
    statement = f"INSERT INTO {table} ({names}) VALUES ({', '.join(f':{name}' for name in row)})"

    def insert() -> None:
        connection.execute(statement, row | {name: uuid.uuid4().hex for name in FRESH[table]})

    return insert


def _postgresql(url: str, table: str) -> Callable[[], None]:
    connection = psycopg.connect(url, autocommit=True)
    cursor = connection.cursor(row_factory=dict_row)
    query = sql.SQL("SELECT * FROM {} LIMIT 1").format(sql.Identifier(table))
    row: dict[str, Any] = dict(cursor.execute(query).fetchone() or {})
    del row["id"]
    row = {name: Json(cell) if isinstance(cell, dict) else cell for name, cell in row.items()}
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, row)),
        sql.SQL(", ").join(map(sql.Placeholder, row)),
    )

    def insert() -> None:
        connection.execute(statement, row | {name: uuid.uuid4() for name in FRESH[table]})

    return insert


if __name__ == "__main__":
    main()
