"""Makes a table append-only in the database itself: UPDATE and DELETE are refused by trigger.

Not by convention: whoever has the application's password, or a bug in it, still cannot change what
a visitor decided or what was shown. Used by migrations only.
"""

from __future__ import annotations

from alembic import op

_REFUSAL = "this table is append-only"
_POSTGRES_FUNCTION = "refuse_change"


def protect(table: str) -> None:
    """Refuses UPDATE, DELETE and (on PostgreSQL) TRUNCATE of a table."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {_name(table, verb)} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
            )
        return
    op.execute(
        f"CREATE OR REPLACE FUNCTION {_POSTGRES_FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$"
    )
    for verb in ("UPDATE", "DELETE", "TRUNCATE"):
        op.execute(
            f"CREATE TRIGGER {_name(table, verb)} BEFORE {verb} ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {_POSTGRES_FUNCTION}()"
        )


def unprotect(table: str) -> None:
    """Lets a table change again, so that a downgrade can drop it."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for verb in ("UPDATE", "DELETE") if is_sqlite else ("UPDATE", "DELETE", "TRUNCATE"):
        op.execute(f"DROP TRIGGER {_name(table, verb)}" + ("" if is_sqlite else f" ON {table}"))


def _name(table: str, verb: str) -> str:
    return f"{table}_refuses_{verb.lower()}"
