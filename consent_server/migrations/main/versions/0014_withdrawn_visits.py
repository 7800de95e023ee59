"""The purpose that visits by consent need; how far erasures have come."""

import sqlalchemy as sa
from alembic import op

from consent_server.migrations.erasures import add_erasures

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column(
        "sites",
        sa.Column(
            "visit_purpose",
            sa.String(length=40),
            nullable=False,
            server_default="analytics",
            comment="key of the purpose that a visitor must have granted, on the basis of consent",
        ),
    )
    add_erasures("erasures")


def downgrade() -> None:
    op.drop_table("erasures")
    op.drop_column("sites", "visit_purpose")
