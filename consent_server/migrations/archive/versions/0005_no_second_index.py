"""Archived visits are known by their row number; on SQLite no index over random ids is left.

Each row that goes would change an index page of its own: see storage.partitions.repeats.
"""

from alembic import op

revision = "0005"
down_revision = "0004"

_NAME = "uq_archived_visits_visit_id"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        with op.batch_alter_table("archived_visits") as visits:
            visits.drop_constraint(_NAME, type_="unique")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        with op.batch_alter_table("archived_visits") as visits:
            visits.create_unique_constraint(_NAME, ["visit_id"])
