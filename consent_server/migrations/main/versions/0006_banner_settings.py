"""How the banner of a site behaves and looks."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    with op.batch_alter_table("sites") as batch:
        batch.add_column(
            sa.Column(
                "banner_settings",
                sa.Text(),
                nullable=False,
                server_default="{}",
                comment="JSON: what of the banner is not as by default (banner.schemas)",
            )
        )


def downgrade() -> None:
    with op.batch_alter_table("sites") as batch:
        batch.drop_column("banner_settings")
