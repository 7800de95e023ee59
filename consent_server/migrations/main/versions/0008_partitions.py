"""Visits in partitions by the day of destruction (PostgreSQL); indexes for pages by row number."""

from alembic import op

from consent_server.storage.partitions.repeats import accept_repeats, refuse_repeats
from consent_server.storage.partitions.splitting import join, split

revision = "0008"
down_revision = "0007"

_PAGED = ("visits", "consent_records")  # lists and exports go by row number, of one site or of all


def upgrade() -> None:
    for table in _PAGED:
        op.drop_index(f"ix_{table}_site_id_recorded_at", table_name=table)
    split("visits")
    refuse_repeats()
    for table in _PAGED:
        op.create_index(f"ix_{table}_site_id_id", table, ["site_id", "id"])


def downgrade() -> None:
    for table in _PAGED:
        op.drop_index(f"ix_{table}_site_id_id", table_name=table)
    accept_repeats()
    join("visits")
    for table in _PAGED:
        op.create_index(f"ix_{table}_site_id_recorded_at", table, ["site_id", "recorded_at"])
