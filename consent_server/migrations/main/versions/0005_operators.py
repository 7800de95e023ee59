"""Operators, their roles and grants."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "operators",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="row number",
        ),
        sa.Column("email", sa.String(length=254), nullable=False, comment="account name"),
        sa.Column(
            "password",
            sa.String(length=255),
            nullable=False,
            comment="argon2id hash with its own salt",
        ),
        sa.Column(
            "active", sa.Boolean(), nullable=False, comment="false: dismissed, cannot sign in"
        ),
        sa.Column(
            "fs_uniquifier",
            sa.String(length=64),
            nullable=False,
            comment="named by sessions; changing it ends them all",
        ),
        sa.Column(
            "failed_sign_ins", sa.Integer(), nullable=False, comment="wrong passwords in a row"
        ),
        sa.Column(
            "locked_until",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="no sign-in before this instant",
        ),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), nullable=False, comment="when it was added"
        ),
        sa.Column(
            "password_changed_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="age of the password",
        ),
        sa.PrimaryKeyConstraint("id", name=("pk_operators")),
        sa.UniqueConstraint("email", name=("uq_operators_email")),
        sa.UniqueConstraint("fs_uniquifier", name=("uq_operators_fs_uniquifier")),
        comment="accounts of the console",
    )
    op.create_table(
        "roles",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="row number",
        ),
        sa.Column("name", sa.String(length=40), nullable=False, comment="owner, handler, viewer"),
        sa.PrimaryKeyConstraint("id", name=("pk_roles")),
        sa.UniqueConstraint("name", name=("uq_roles_name")),
        comment="what operators may do",
    )
    op.create_table(
        "operator_roles",
        sa.Column(
            "operator_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="who has the role",
        ),
        sa.Column(
            "role_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="the role",
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=("fk_operator_roles_operator_id")
        ),
        sa.ForeignKeyConstraint(["role_id"], ["roles.id"], name=("fk_operator_roles_role_id")),
        sa.PrimaryKeyConstraint("operator_id", "role_id", name=("pk_operator_roles")),
        comment="which operator has which role",
    )


def downgrade() -> None:
    op.drop_table("operator_roles")
    op.drop_table("roles")
    op.drop_table("operators")
