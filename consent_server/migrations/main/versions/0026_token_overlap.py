"""Tokens of machines: the old one may stay good for a while after a new one was made."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"

_OLD = "SHA-256 of the token before, while it is still good"


def upgrade() -> None:
    op.add_column("api_tokens", sa.Column("old_sha256", sa.String(64), comment=_OLD))
    until = sa.Column("old_until", sa.DateTime(timezone=True), comment="the old one's last instant")
    op.add_column("api_tokens", until)


def downgrade() -> None:
    op.drop_column("api_tokens", "old_until")
    op.drop_column("api_tokens", "old_sha256")
