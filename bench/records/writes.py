"""What indexes would cost that other designs of these searches need: rows a second with each.

Rows go into the full tables as the service writes them, some in a transaction, without waiting for
the disk, so that the work of the database itself is seen; each variant in turn, in each round.
"""

from __future__ import annotations

import time
from statistics import median
from typing import Final

from sqlalchemy import Engine, text

_BATCH: Final = 64
_BATCHES: Final = 100
_ROUNDS: Final = 3
INDEXES: Final = {
    "consent_records": {
        "as it is": "",
        "+ (recorded_at)": "(recorded_at)",
        "+ (site_id, action, language, id)": "(site_id, action, language, id)",
    },
    "visits": {
        "as it is": "",
        "+ (recorded_at)": "(recorded_at)",
        "+ (site_id, device_class, country, id)": "(site_id, device_class, country, id)",
    },
}


def rates_of(engine: Engine, table: str, copy: str) -> dict[str, float]:
    """Returns rows a second by variant. copy: the statement that copies those of `bench_sample`."""
    found: dict[str, list[float]] = {name: [] for name in INDEXES[table]}
    for turn in range(_ROUNDS):
        for number, (name, columns) in enumerate(INDEXES[table].items()):
            # a name is used once: SQLite may remember it in another connection
            index = f"bench_extra_{turn}_{number}"
            if columns:
                _run(engine, f"CREATE INDEX {index} ON {table} {columns}")
            found[name].append(_rate(engine, table, copy))
            if columns:
                _run(engine, f"DROP INDEX {index}")
    return {name: round(median(rates)) for name, rates in found.items()}


def _rate(engine: Engine, table: str, copy: str) -> float:
    query = text(copy)
    sample = f"SELECT * FROM {table} ORDER BY id DESC LIMIT {_BATCH}"
    with engine.execution_options(writes=True).connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SET synchronous_commit = off")
        connection.exec_driver_sql(f"CREATE TEMP TABLE bench_sample AS {sample}")
        connection.commit()
        began = time.perf_counter()
        for _ in range(_BATCHES):
            connection.execute(query)
            connection.commit()
        seconds = time.perf_counter() - began
        connection.exec_driver_sql("DROP TABLE bench_sample")
        connection.commit()
    return _BATCH * _BATCHES / seconds


def _run(engine: Engine, statement: str) -> None:
    with engine.execution_options(writes=True).begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            connection.exec_driver_sql("SET LOCAL maintenance_work_mem = '1GB'")
        connection.exec_driver_sql(statement)
