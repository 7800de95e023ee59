"""When a notice was announced, why it was made, what stood around it; announcements called off."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from consent_server.storage.append_only import protect, unprotect

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    for column in _columns():
        op.add_column("policy_versions", column)
    op.create_table(
        "policy_cancellations",
        sa.Column(
            "version_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="the version",
        ),
        sa.Column(
            "cancelled_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when it was called off",
        ),
        sa.Column(
            "reason", sa.String(length=500), nullable=False, comment="why, for everyone to read"
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["policy_versions.id"], name=("fk_policy_cancellations_version_id")
        ),
        sa.PrimaryKeyConstraint("version_id", name=("pk_policy_cancellations")),
        comment="announced notices that were called off; append-only",
    )
    protect("policy_cancellations")


def downgrade() -> None:
    unprotect("policy_cancellations")
    op.drop_table("policy_cancellations")
    for column in _columns()[::-1]:
        op.drop_column("policy_versions", column.name)


def _columns() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column(
            "announced_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="announced since; none: in force at once, without a notice period",
        ),
        sa.Column(
            "reason",
            sa.String(length=500),
            nullable=True,
            comment="why it was made, in the operator's words, for everyone to read",
        ),
        sa.Column(
            "frame",
            sa.LargeBinary(),
            nullable=True,
            comment="JSON: what stood around the text when it was frozen (policies.frame)",
        ),
    )
