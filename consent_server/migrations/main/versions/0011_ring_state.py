"""How far the key ring has come."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "ring_state",
        sa.Column("id", sa.Integer(), nullable=False, comment="always 1"),
        sa.Column("ring", sa.String(length=32), nullable=False, comment="random name of the ring"),
        sa.Column(
            "generation",
            sa.Integer(),
            nullable=False,
            comment="highest seen; raised with each roll of the master key",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_ring_state"),
        comment="how far the key ring has come; an older copy of it is refused",
    )


def downgrade() -> None:
    op.drop_table("ring_state")
