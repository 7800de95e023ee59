"""The country of an archived visit."""

from consent_server.migrations.country import add_country, drop_country

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    add_country("archived_visits")


def downgrade() -> None:
    drop_country("archived_visits")
