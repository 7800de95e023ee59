"""Triggers that let rows of an append-only table go when they are over (limits). For migrations."""

from __future__ import annotations

from typing import Final

from alembic import op

from consent_server.storage.append_only import REFUSAL, trigger_name

_DAY_SECONDS: Final = 86_400


def let_go(table: str, *, over: str, least_days: str) -> None:
    """Replaces the refusal of every DELETE by one of rows that are not over.

    over: condition on OLD and on `limits`, in words of SQL that both engines have.
    least_days: for how many days a row is kept at least, also in terms of OLD; a day less than
    the calendar says, since summer time makes days shorter.
    """
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    age = (
        "strftime('%s', limits.stated_at) - strftime('%s', limits.before)"
        if is_sqlite
        else "EXTRACT(EPOCH FROM limits.stated_at - limits.before)"
    )
    is_over = (
        f"EXISTS (SELECT 1 FROM destruction_limits limits WHERE limits.table_name = '{table}' "  # noqa: S608  # names of migrations
        f"AND {age} >= {_DAY_SECONDS} * ({least_days}) AND ({over}))"
    )
    if is_sqlite:
        _let_go_sqlite(table, is_over)
    else:
        _let_go_postgres(table, is_over)


def _let_go_sqlite(table: str, is_over: str) -> None:
    name = trigger_name(table, "delete")
    op.execute(f"DROP TRIGGER IF EXISTS {name}")
    op.execute(
        f"CREATE TRIGGER {name} BEFORE DELETE ON {table} WHEN NOT {is_over} "
        f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
    )


def _let_go_postgres(table: str, is_over: str) -> None:
    name = trigger_name(table, "delete")
    op.execute(f"DROP TRIGGER IF EXISTS {name} ON {table}")
    op.execute(
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF {is_over} THEN RETURN OLD; END IF; RAISE EXCEPTION '{REFUSAL}'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {name} BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"
    )


def hold_fast(table: str) -> None:
    """Refuses every DELETE again, as `protect` does: the way back of `let_go`."""
    name = trigger_name(table, "delete")
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"DROP TRIGGER {name}")
        op.execute(
            f"CREATE TRIGGER {name} BEFORE DELETE ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        )
        return
    op.execute(f"DROP TRIGGER {name} ON {table}")
    op.execute(f"DROP FUNCTION {name}()")
    op.execute(
        f"CREATE TRIGGER {name} BEFORE DELETE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
