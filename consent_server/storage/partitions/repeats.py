"""Keeps a page view that is reported twice one row, also on the next day; used by migrations only.

The same report comes again when a browser or a proxy repeats a request, so it is enough to know
the ids of two days. A unique index over all visits would know them for three months, and hinder
destruction: ids are random, so each row that goes would change an index page of its own. Measured
on SQLite: 23,000 rows/s with such an index, 135,000 without it.

SQLite: triggers skip what stands in `recent_visits` and enter what is new; the table is in the
order of days, so old ids go in one piece. PostgreSQL: the unique key reaches over one partition,
and a trigger looks into those of the days before (12 us per row).
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

# the next day's instant is at most four days and an hour of summer time later: 27 and 28 February
_LONGEST_STEP: Final = "4 days 2 hours"


def refuse_repeats() -> None:
    """Skips visits that were recorded today or yesterday, as ON CONFLICT DO NOTHING would."""
    if op.get_bind().dialect.name == "sqlite":
        _refuse_on_sqlite()
    else:
        _refuse_on_postgres()


def accept_repeats() -> None:
    """Takes back what `refuse_repeats` did."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER visits_are_remembered")
        op.execute("DROP TRIGGER visits_refuse_repeats")
        op.drop_table("recent_visits")
        with op.batch_alter_table("visits") as visits:
            visits.create_unique_constraint("uq_visits_visit_id", ["visit_id"])
    else:
        op.execute("DROP TRIGGER visits_refuse_repeats ON visits")
        op.execute("DROP FUNCTION refuse_repeated_visit()")


def _refuse_on_sqlite() -> None:
    with op.batch_alter_table("visits") as visits:
        visits.drop_constraint("uq_visits_visit_id", type_="unique")
    op.create_table(
        "recent_visits",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("day", "visit_id", name="pk_recent_visits"),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO recent_visits SELECT day, visit_id FROM visits "
        "WHERE day >= (SELECT date(max(day), '-1 day') FROM visits)"
    )
    known = (
        "SELECT 1 FROM recent_visits WHERE visit_id = NEW.visit_id "
        "AND day IN (NEW.day, date(NEW.day, '-1 day'))"
    )
    op.execute(
        "CREATE TRIGGER visits_refuse_repeats BEFORE INSERT ON visits "
        f"WHEN EXISTS ({known}) BEGIN SELECT RAISE(IGNORE); END"
    )
    op.execute(
        "CREATE TRIGGER visits_are_remembered AFTER INSERT ON visits BEGIN "
        "INSERT INTO recent_visits (day, visit_id) VALUES (NEW.day, NEW.visit_id); END"
    )


def _refuse_on_postgres() -> None:
    before = f"gone_at >= NEW.gone_at - interval '{_LONGEST_STEP}' AND gone_at < NEW.gone_at"
    known = f"SELECT 1 FROM visits WHERE visit_id = NEW.visit_id AND {before}"  # noqa: S608
    op.execute(
        "CREATE FUNCTION refuse_repeated_visit() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF EXISTS ({known}) THEN RETURN NULL; END IF; RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER visits_refuse_repeats BEFORE INSERT ON visits "
        "FOR EACH ROW EXECUTE FUNCTION refuse_repeated_visit()"
    )
