"""Splits a table of visits into partitions and joins it again; used by migrations only.

On SQLite nothing happens: there expired rows are found by an index on `gone_at`. Splitting copies
every row once, in the transaction of the migration.
"""

from __future__ import annotations

from datetime import datetime

from alembic import op
from sqlalchemy import text

from consent_server.storage.partitions.keeper import make_partition


def split(table: str) -> None:
    """Makes a table partitioned by `gone_at` and moves its rows into partitions."""
    if not _is_postgres():
        return
    _set_aside(table, [f"uq_{table}_visit_id"])
    op.execute(f"DROP INDEX ix_{table}_gone_at")  # one value per partition: nothing to look up
    op.execute(
        f"CREATE TABLE {table} (LIKE {table}_before INCLUDING ALL, "
        f"CONSTRAINT pk_{table} PRIMARY KEY (id, gone_at), "
        f"CONSTRAINT uq_{table}_visit_id_gone_at UNIQUE (visit_id, gone_at)) "
        "PARTITION BY LIST (gone_at)"
    )
    for gone_at in _instants(f"{table}_before"):
        make_partition(op.get_bind(), table, gone_at)
    _move_in(table)


def join(table: str) -> None:
    """Makes one plain table of a partitioned one."""
    if not _is_postgres():
        return
    _set_aside(table, [f"uq_{table}_visit_id_gone_at"])
    op.execute(
        f"CREATE TABLE {table} (LIKE {table}_before INCLUDING ALL, "
        f"CONSTRAINT pk_{table} PRIMARY KEY (id), "
        f"CONSTRAINT uq_{table}_visit_id UNIQUE (visit_id))"
    )
    op.execute(f"CREATE INDEX ix_{table}_gone_at ON {table} (gone_at)")
    _move_in(table)


def _set_aside(table: str, unique: list[str]) -> None:
    """Renames a table and frees the names of its keys."""
    op.execute(f"ALTER TABLE {table} RENAME TO {table}_before")
    for key in (f"pk_{table}", *unique):
        op.execute(f"ALTER TABLE {table}_before DROP CONSTRAINT {key}")


def _move_in(table: str) -> None:
    comment = op.get_bind().scalar(text(f"SELECT obj_description('{table}_before'::regclass)"))
    op.execute(f"INSERT INTO {table} SELECT * FROM {table}_before ORDER BY id")  # noqa: S608
    op.execute(f"ALTER SEQUENCE {table}_id_seq OWNED BY {table}.id")
    op.execute(f"COMMENT ON TABLE {table} IS '{comment}'")
    op.execute(f"DROP TABLE {table}_before")


def _instants(table: str) -> list[datetime]:
    return list(op.get_bind().scalars(text(f"SELECT DISTINCT gone_at FROM {table}")))  # noqa: S608


def _is_postgres() -> bool:
    return op.get_bind().dialect.name == "postgresql"
