"""Tokens of machines."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "api_tokens",
        sa.Column("id", _ID, nullable=False, comment="row number"),
        sa.Column("name", sa.String(80), nullable=False, comment="what operators call it"),
        sa.Column(
            "secret_sha256",
            sa.String(64),
            nullable=False,
            comment="SHA-256 of the token, which has 256 random bits",
        ),
        sa.Column(
            "scopes",
            sa.String(200),
            nullable=False,
            comment="what it may ask for, see operators.tokens; with spaces between",
        ),
        sa.Column("site_id", _ID, comment="the one site it is for; none: all sites"),
        sa.Column(
            "created_by", sa.String(320), nullable=False, comment="account name of who made it"
        ),
        sa.Column("created_at", _AT, nullable=False, comment="when it was made, or renewed"),
        sa.Column("expires_at", _AT, nullable=False, comment="of no use from then on"),
        sa.Column("used_at", _AT, comment="last use, to the hour; tells tokens that nobody needs"),
        sa.Column("revoked_at", _AT, comment="when it was revoked"),
        sa.PrimaryKeyConstraint("id", name="pk_api_tokens"),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_api_tokens_site_id"),
        sa.UniqueConstraint("name", name="uq_api_tokens_name"),
        sa.UniqueConstraint("secret_sha256", name="uq_api_tokens_secret_sha256"),
        comment="tokens of machines: what they may ask for, and until when",
    )


def downgrade() -> None:
    op.drop_table("api_tokens")
