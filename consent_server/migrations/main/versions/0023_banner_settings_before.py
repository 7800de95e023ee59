"""What the banner's settings were before, so that a change can be taken back."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.add_column(
        "sites",
        sa.Column(
            "banner_settings_before",
            sa.Text(),
            nullable=True,
            comment="JSON: the settings that the present ones replaced; none: never changed",
        ),
    )


def downgrade() -> None:
    op.drop_column("sites", "banner_settings_before")
