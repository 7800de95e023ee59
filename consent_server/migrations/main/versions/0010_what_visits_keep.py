"""Why and what a site records of visits; keyed hashes to find them; how far each day has come."""

import sqlalchemy as sa
from alembic import op

from consent_server.migrations.hashes import add_hashes, drop_hashes

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column(
        "sites",
        sa.Column(
            "visit_basis",
            sa.String(length=20),
            nullable=False,
            server_default="legal_duty",
            comment="legal_duty legitimate_interest consent off: why page views are recorded",
        ),
    )
    op.execute("UPDATE sites SET visit_basis = 'off' WHERE NOT logs_visits")
    op.drop_column("sites", "logs_visits")
    op.add_column(
        "sites",
        sa.Column(
            "address_mode",
            sa.String(length=12),
            nullable=False,
            server_default="full",
            comment="full truncated keyed_hash none: what a visit keeps of the address",
        ),
    )
    op.add_column(
        "sites",
        sa.Column(
            "device_mode",
            sa.String(length=12),
            nullable=False,
            server_default="parsed",
            comment="parsed user_agent: what a visit keeps of the device",
        ),
    )
    add_hashes("visits")
    op.create_table(
        "visit_days",
        sa.Column("day", sa.Date(), nullable=False, comment="calendar day of the visits"),
        sa.Column(
            "counted_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when its statistics were made",
        ),
        sa.Column(
            "archived_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when its last visit had moved to the archive",
        ),
        sa.PrimaryKeyConstraint("day", name=("pk_visit_days")),
        comment="how far each day's visits have come: counted, archived",
    )


def downgrade() -> None:
    op.drop_table("visit_days")
    drop_hashes("visits")
    op.drop_column("sites", "device_mode")
    op.drop_column("sites", "address_mode")
    op.add_column(
        "sites",
        sa.Column(
            "logs_visits",
            sa.Boolean(),
            nullable=False,
            server_default=sa.true(),
            comment="whether the script reports page views to the visit log",
        ),
    )
    op.execute("UPDATE sites SET logs_visits = false WHERE visit_basis = 'off'")
    op.drop_column("sites", "visit_basis")
