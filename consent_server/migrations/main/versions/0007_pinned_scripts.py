"""Scripts that never change, for tags with integrity."""

import sqlalchemy as sa
from alembic import op

from consent_server.storage.append_only import protect, unprotect

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "pinned_scripts",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="row number",
        ),
        sa.Column(
            "site_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="the site",
        ),
        sa.Column(
            "name",
            sa.String(length=16),
            nullable=False,
            comment="in the address: how the SHA-256 of the script begins, hex",
        ),
        sa.Column(
            "integrity",
            sa.String(length=71),
            nullable=False,
            comment="SHA-384 of the script as HTML's integrity attribute has it",
        ),
        sa.Column(
            "language",
            sa.String(length=12),
            nullable=False,
            comment="the one language that it speaks",
        ),
        sa.Column(
            "policy_version",
            sa.Integer(),
            nullable=False,
            comment="number of the notice it shows",
        ),
        sa.Column(
            "script",
            sa.LargeBinary(),
            nullable=False,
            comment="the script, every part of the banner included",
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when it was frozen",
        ),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=("fk_pinned_scripts_site_id")),
        sa.PrimaryKeyConstraint("id", name=("pk_pinned_scripts")),
        sa.UniqueConstraint("site_id", "name", name=("uq_pinned_scripts_site_id_name")),
        comment="scripts that never change, for tags with integrity; append-only",
    )
    protect("pinned_scripts")


def downgrade() -> None:
    unprotect("pinned_scripts")
    op.drop_table("pinned_scripts")
