"""Makes a table append-only in the database itself: UPDATE and DELETE are refused by trigger.

Not by convention: whoever has the application's password, or a bug in it, still cannot change what
a visitor decided or what was shown. SQLite's `INSERT OR REPLACE` removes the row in its way without
asking the triggers on DELETE, so there an INSERT that meets a key is refused as well. Rows whose
period is over leave by one door only (letting_go). Used by migrations only.
"""

from __future__ import annotations

from collections.abc import Sequence

from alembic import op
from sqlalchemy import inspect

REFUSAL = "this table is append-only"
_POSTGRES_FUNCTION = "refuse_change"


def protect(table: str, *, repeats: str = "") -> None:
    """Refuses UPDATE, DELETE, REPLACE on SQLite and TRUNCATE on PostgreSQL.

    repeats: a unique column whose known values are skipped in silence instead of refused, for a
    table that is written with ON CONFLICT DO NOTHING (the triggers come before that clause).
    """
    if op.get_bind().dialect.name == "sqlite":
        _protect_sqlite(table, repeats)
    else:
        _protect_postgres(table)


def _protect_sqlite(table: str, repeats: str) -> None:
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {trigger_name(table, verb)} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        )
    for columns in _keys(table):
        answer = "IGNORE" if columns == [repeats] else f"ABORT, '{REFUSAL}'"
        same = " AND ".join(f"{column} = NEW.{column}" for column in columns)
        met = f"EXISTS (SELECT 1 FROM {table} WHERE {same})"  # noqa: S608  # names of migrations
        op.execute(
            f"CREATE TRIGGER {trigger_name(table, 'replace')}_{'_'.join(columns)} "
            f"BEFORE INSERT ON {table} WHEN {met} BEGIN SELECT RAISE({answer}); END"
        )


def _keys(table: str) -> list[list[str]]:
    """Returns the columns of every key of a table, each alone enough to meet another row."""
    found = inspect(op.get_bind())
    unique = [constraint["column_names"] for constraint in found.get_unique_constraints(table)]
    return [found.get_pk_constraint(table)["constrained_columns"], *unique]


def _protect_postgres(table: str) -> None:
    op.execute(
        f"CREATE OR REPLACE FUNCTION {_POSTGRES_FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$"
    )
    for verb in ("UPDATE", "DELETE", "TRUNCATE"):
        op.execute(
            f"CREATE TRIGGER {trigger_name(table, verb)} BEFORE {verb} ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {_POSTGRES_FUNCTION}()"
        )


def unprotect(table: str) -> None:
    """Lets a table change again, so that a downgrade can drop it."""
    if op.get_bind().dialect.name == "sqlite":
        for columns in _keys(table):
            op.execute(
                f"DROP TRIGGER IF EXISTS {trigger_name(table, 'replace')}_{'_'.join(columns)}"
            )
        for verb in ("UPDATE", "DELETE"):
            op.execute(f"DROP TRIGGER {trigger_name(table, verb)}")
        return
    for verb in ("UPDATE", "DELETE", "TRUNCATE"):
        op.execute(f"DROP TRIGGER {trigger_name(table, verb)} ON {table}")


def fix_columns(table: str, columns: Sequence[str], *, once: str = "") -> None:
    """Refuses to change some columns of a table whose rows are completed later.

    once: they may be filled in as long as this one of them is empty, and never again.
    """
    when = f"WHEN (OLD.{once} IS NOT NULL)" if once else ""
    if op.get_bind().dialect.name == "sqlite":
        then = f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
    else:
        then = f"EXECUTE FUNCTION {_POSTGRES_FUNCTION}()"
    op.execute(
        f"CREATE TRIGGER {trigger_name(table, columns[0])} BEFORE UPDATE OF {', '.join(columns)} "
        f"ON {table} FOR EACH ROW {when} {then}"
    )


def unfix_columns(table: str, columns: Sequence[str]) -> None:
    """Lets columns change again, so that a downgrade can drop the table."""
    of_table = "" if op.get_bind().dialect.name == "sqlite" else f" ON {table}"
    op.execute(f"DROP TRIGGER {trigger_name(table, columns[0])}{of_table}")


def trigger_name(table: str, verb: str) -> str:
    """Returns the name of the trigger that refuses a verb on a table."""
    return f"{table}_refuses_{verb.lower()}"
