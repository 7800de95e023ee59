"""What operators did, and which process runs which job."""

import sqlalchemy as sa
from alembic import op

from consent_server.storage.append_only import protect, unprotect

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "access_log",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="row number",
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="when it happened"),
        sa.Column(
            "operator",
            sa.String(length=320),
            nullable=False,
            comment="account name of the operator, or `command line`",
        ),
        sa.Column(
            "act",
            sa.String(length=60),
            nullable=False,
            comment="what was done, such as visits.export",
        ),
        sa.Column(
            "site_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
            comment="the site concerned, if one",
        ),
        sa.Column(
            "record_count",
            sa.Integer(),
            nullable=True,
            comment="how many records were shown or handed out",
        ),
        sa.Column(
            "reason", sa.String(length=500), nullable=False, comment="why, in the operator's words"
        ),
        sa.Column(
            "reference",
            sa.String(length=120),
            nullable=False,
            comment="opaque pointer, such as the id of an export",
        ),
        sa.PrimaryKeyConstraint("id", name=("pk_access_log")),
        comment="what operators did; append-only; holds no visitor data",
    )
    op.create_index("ix_access_log_site_id_at", "access_log", ["site_id", "at"], unique=False)
    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=40), nullable=False, comment="the job"),
        sa.Column(
            "holder", sa.String(length=80), nullable=False, comment="random name of the process"
        ),
        sa.Column(
            "expires_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="free again after this",
        ),
        sa.PrimaryKeyConstraint("name", name=("pk_leases")),
        comment="which process runs which job, and until when",
    )
    protect("access_log")


def downgrade() -> None:
    unprotect("access_log")
    op.drop_table("leases")
    op.drop_table("access_log")
