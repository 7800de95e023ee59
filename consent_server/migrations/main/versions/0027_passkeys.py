"""Passkeys of operators."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "operator_passkeys",
        sa.Column("id", _ID, nullable=False, comment="row number"),
        sa.Column("operator_id", _ID, nullable=False, comment="whose it is"),
        sa.Column("name", sa.String(80), nullable=False, comment="what its owner calls it"),
        sa.Column(
            "credential_sha256",
            sa.String(64),
            nullable=False,
            comment="SHA-256 of the id that the device gave it",
        ),
        sa.Column(
            "credential",
            sa.LargeBinary(),
            nullable=False,
            comment="id and public key, packed as WebAuthn 6.5.2 says",
        ),
        sa.Column(
            "user_handle",
            sa.LargeBinary(64),
            nullable=False,
            comment="what the device calls its owner; tells nobody who that is",
        ),
        sa.Column(
            "transports",
            sa.String(60),
            nullable=False,
            comment="ways to reach the device, with spaces between",
        ),
        sa.Column(
            "is_synced",
            sa.Boolean(),
            nullable=False,
            comment="true: its maker may copy it to other devices of the owner",
        ),
        sa.Column(
            "sign_count",
            sa.BigInteger(),
            nullable=False,
            comment="the device's count of uses at the last one; going back is a copy",
        ),
        sa.Column(
            "challenge_at",
            _AT,
            comment="when the last question it answered was made; none older is taken",
        ),
        sa.Column("created_at", _AT, nullable=False, comment="when it was added"),
        sa.Column("used_at", _AT, comment="last use"),
        sa.PrimaryKeyConstraint("id", name="pk_operator_passkeys"),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name="fk_operator_passkeys_operator_id"
        ),
        sa.UniqueConstraint("credential_sha256", name="uq_operator_passkeys_credential_sha256"),
        comment="public keys of devices that operators sign in with",
    )
    op.create_index("ix_operator_passkeys_operator_id", "operator_passkeys", ["operator_id"])


def downgrade() -> None:
    op.drop_index("ix_operator_passkeys_operator_id", "operator_passkeys")
    op.drop_table("operator_passkeys")
