"""Keyed hashes by which archived visits are found."""

from consent_server.migrations.hashes import add_hashes, drop_hashes

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    add_hashes("archived_visits")


def downgrade() -> None:
    drop_hashes("archived_visits")
