"""Archived visits in partitions by the day of destruction (PostgreSQL)."""

from consent_server.storage.partitions.splitting import join, split

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    split("archived_visits")


def downgrade() -> None:
    join("archived_visits")
