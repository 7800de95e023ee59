"""Many rows at once, made inside a database out of one row that the service wrote itself.

No column is named but the ones that must differ, so the schema may change without this.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from typing import Any, Final

import psycopg

# Fresh values, by engine; i is the number of the copy, from 0 on.
_RANDOM: Final = {"sqlite": "lower(hex(randomblob(16)))", "postgresql": "gen_random_uuid()"}
_FRESH: Final = {"consent_records": ("consent_id", "visitor_id"), "visits": ("visit_id",)}
_NUMBERS: Final = {
    "sqlite": "(WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n LIMIT {count})"
    " SELECT i FROM n)",
    "postgresql": "(SELECT generate_series(0, {count} - 1) AS i)",
}


def multiply(
    url: str,
    table: str,
    count: int,
    changed: Mapping[str, str] | None = None,
    *,
    of: str = "id",
) -> None:
    """Adds `count` copies of the first row of a table, in one transaction.

    url: of PostgreSQL, or the file of SQLite. changed: SQL expressions of columns that differ.
    of: the order in which the row is the first.
    """
    if url.startswith("postgresql"):
        with psycopg.connect(url) as connection:
            names = _columns(connection.execute(_TYPES.encode(), [table]).fetchall())
            connection.execute(
                _statement("postgresql", table, names, count, changed or {}, of).encode()
            )
        return
    with closing(sqlite3.connect(url, timeout=60)) as file, file:
        names = _columns(file.execute(f"SELECT name FROM pragma_table_info('{table}')").fetchall())
        file.execute(_statement("sqlite", table, names, count, changed or {}, of))


_TYPES: Final = """SELECT attname FROM pg_attribute
WHERE attrelid = (%s)::regclass AND attnum > 0 AND NOT attisdropped"""


def _columns(rows: list[tuple[str, ...]]) -> list[str]:
    return [row[0] for row in rows if row[0] != "id"]


def _statement(
    engine: str, table: str, names: list[str], count: int, changed: Mapping[str, str], of: str
) -> str:
    values = dict.fromkeys(_FRESH[table], _RANDOM[engine]) | dict(changed)
    chosen = ", ".join(values.get(name, f"one.{name}") for name in names)
    numbers = _NUMBERS[engine].format(count=count)
    first = f"(SELECT * FROM {table} ORDER BY {of} LIMIT 1)"
    return (
        f"INSERT INTO {table} ({', '.join(names)})"
        f" SELECT {chosen} FROM {first} AS one, {numbers} AS numbers"
    )


def index_count(url: str, table: str) -> int:
    """Returns how many indexes each new row of a PostgreSQL table is entered in, the key's too."""
    return int(cell(url, f"SELECT count(*) FROM pg_indexes WHERE tablename = '{table}'"))


def cell(url: str, query: str) -> Any:
    """Returns the first cell of a query."""
    if url.startswith("postgresql"):
        with psycopg.connect(url) as connection:
            row = connection.execute(query.encode()).fetchone()
    else:
        with closing(sqlite3.connect(url, timeout=60)) as file:
            row = file.execute(query).fetchone()
    assert row is not None
    return row[0]
