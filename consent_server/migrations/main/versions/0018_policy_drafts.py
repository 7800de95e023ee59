"""Drafts of notices, one per site."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.create_table(
        "policy_drafts",
        sa.Column(
            "site_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="the site",
        ),
        sa.Column(
            "source",
            sa.LargeBinary(),
            nullable=False,
            comment="the notice as JSON (policies.schemas.Notice); may be incomplete",
        ),
        sa.Column(
            "edits",
            sa.Integer(),
            nullable=False,
            comment="how often it was saved; tells two editors apart",
        ),
        sa.Column(
            "edited_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when it was saved last",
        ),
        sa.Column(
            "editor",
            sa.String(length=320),
            nullable=False,
            comment="account name of the operator who saved it last, or `command line`",
        ),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=("fk_policy_drafts_site_id")),
        sa.PrimaryKeyConstraint("site_id", name=("pk_policy_drafts")),
        comment="notices that nobody has been shown yet, one per site",
    )


def downgrade() -> None:
    op.drop_table("policy_drafts")
