"""Grants per site with their history, sessions, invitations, second factors; source of acts."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_AT = sa.DateTime(timezone=True)


def _new_columns() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column(
            "tf_primary_method",
            sa.String(20),
            comment="second factor in use: authenticator, or none",
        ),
        sa.Column(
            "tf_totp_secret",
            sa.String(500),
            comment="secret of the authenticator app, encrypted with the service's secret",
        ),
        sa.Column(
            "tf_last_counter",
            sa.BigInteger(),
            comment="time step of the last code taken: none is taken twice (RFC 6238 5.2)",
        ),
        sa.Column(
            "mf_recovery_codes",
            sa.JSON(),
            comment="JSON: recovery codes not yet used, encrypted with the service's secret",
        ),
        sa.Column("trained_on", sa.Date(), comment="day of the last training in data protection"),
        sa.Column("last_sign_in_at", _AT, comment="last success; tells idle accounts"),
        sa.Column("dismissed_at", _AT, comment="when the account was closed"),
    )


def upgrade() -> None:
    op.add_column(
        "access_log",
        sa.Column(
            "source",
            sa.String(45),
            nullable=False,
            server_default="",
            comment="address that the operator came from, if over http",
        ),
    )
    for column in _new_columns():
        op.add_column("operators", column)
    _make_grants()
    _make_sessions()
    _make_invitations()
    _make_passwords()
    op.execute(
        "INSERT INTO operator_grants (operator_id, role, granted_by, granted_at) "
        "SELECT operators.id, roles.name, 'command line', operators.created_at "
        "FROM operators JOIN operator_roles ON operator_roles.operator_id = operators.id "
        "JOIN roles ON roles.id = operator_roles.role_id"
    )
    op.drop_table("operator_roles")
    op.drop_table("roles")


def _make_grants() -> None:
    op.create_table(
        "operator_grants",
        sa.Column("id", _ID, nullable=False, comment="row number"),
        sa.Column("operator_id", _ID, nullable=False, comment="who has the role"),
        sa.Column("role", sa.String(20), nullable=False, comment="the role, see operators.rules"),
        sa.Column("site_id", _ID, comment="the one site it holds for; none: all sites"),
        sa.Column(
            "granted_by",
            sa.String(320),
            nullable=False,
            comment="account name of who gave it, or `command line`",
        ),
        sa.Column("granted_at", _AT, nullable=False, comment="when it was given"),
        sa.Column("ended_by", sa.String(320), comment="account name of who took it back"),
        sa.Column("ended_at", _AT, comment="when it was taken back; the row stays for three years"),
        sa.PrimaryKeyConstraint("id", name="pk_operator_grants"),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name="fk_operator_grants_operator_id"
        ),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_operator_grants_site_id"),
        comment="which operator has, or had, which role where, given by whom",
    )
    op.create_index("ix_operator_grants_operator_id", "operator_grants", ["operator_id"])


def _make_sessions() -> None:
    op.create_table(
        "operator_sessions",
        sa.Column("id", _ID, nullable=False, comment="row number"),
        sa.Column("operator_id", _ID, nullable=False, comment="who is signed in"),
        sa.Column(
            "token_sha256",
            sa.String(64),
            nullable=False,
            comment="SHA-256 of the session's random name in the cookie",
        ),
        sa.Column("created_at", _AT, nullable=False, comment="when it was signed in"),
        sa.Column(
            "seen_at",
            _AT,
            nullable=False,
            comment="last request, to the minute; half an hour later the session has ended",
        ),
        sa.Column(
            "source",
            sa.String(45),
            nullable=False,
            comment="address of the operator, as our own proxies vouch for it",
        ),
        sa.Column(
            "device", sa.String(120), nullable=False, comment="device in words, for its owner"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_operator_sessions"),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name="fk_operator_sessions_operator_id"
        ),
        sa.UniqueConstraint("token_sha256", name="uq_operator_sessions_token_sha256"),
        comment="browsers that are signed in; a row removed is a session ended",
    )
    op.create_index("ix_operator_sessions_operator_id", "operator_sessions", ["operator_id"])


def _make_invitations() -> None:
    op.create_table(
        "operator_invitations",
        sa.Column("id", _ID, nullable=False, comment="row number"),
        sa.Column("email", sa.String(254), nullable=False, comment="account name to come"),
        sa.Column(
            "role", sa.String(20), nullable=False, comment="the role that the account will have"
        ),
        sa.Column("site_id", _ID, comment="the one site it will hold for; none: all sites"),
        sa.Column(
            "nonce_sha256",
            sa.String(64),
            nullable=False,
            comment="SHA-256 of the random part of the link",
        ),
        sa.Column(
            "invited_by", sa.String(320), nullable=False, comment="account name of who invited"
        ),
        sa.Column("invited_at", _AT, nullable=False, comment="when the link was made"),
        sa.Column("expires_at", _AT, nullable=False, comment="of no use after this"),
        sa.PrimaryKeyConstraint("id", name="pk_operator_invitations"),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_operator_invitations_site_id"),
        sa.UniqueConstraint("email", name="uq_operator_invitations_email"),
        sa.UniqueConstraint("nonce_sha256", name="uq_operator_invitations_nonce_sha256"),
        comment="links that make an account, not yet used",
    )


def _make_passwords() -> None:
    op.create_table(
        "operator_passwords",
        sa.Column("id", _ID, nullable=False, comment="row number"),
        sa.Column("operator_id", _ID, nullable=False, comment="whose it was"),
        sa.Column(
            "password", sa.String(255), nullable=False, comment="argon2id hash with its own salt"
        ),
        sa.Column("replaced_at", _AT, nullable=False, comment="when another took over"),
        sa.PrimaryKeyConstraint("id", name="pk_operator_passwords"),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name="fk_operator_passwords_operator_id"
        ),
        comment="passwords that operators had before, as hashes",
    )
    op.create_index("ix_operator_passwords_operator_id", "operator_passwords", ["operator_id"])


def downgrade() -> None:
    """Roles of one site, and roles that came later, have no place in the old tables: viewers."""
    _make_old_roles()
    op.execute("INSERT INTO roles (id, name) VALUES (1, 'owner'), (2, 'handler'), (3, 'viewer')")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SELECT setval(pg_get_serial_sequence('roles', 'id'), 3)")
    op.execute(
        "INSERT INTO operator_roles (operator_id, role_id) "
        "SELECT operator_id, MIN(CASE WHEN site_id IS NULL AND role = 'owner' THEN 1 "
        "WHEN site_id IS NULL AND role = 'handler' THEN 2 ELSE 3 END) "
        "FROM operator_grants WHERE ended_at IS NULL GROUP BY operator_id"
    )
    for table in ("passwords", "invitations", "sessions", "grants"):
        op.drop_table(f"operator_{table}")
    for column in reversed(_new_columns()):
        op.drop_column("operators", column.name)
    op.drop_column("access_log", "source")


def _make_old_roles() -> None:
    op.create_table(
        "roles",
        sa.Column("id", _ID, nullable=False, comment="row number"),
        sa.Column("name", sa.String(length=40), nullable=False, comment="owner, handler, viewer"),
        sa.PrimaryKeyConstraint("id", name="pk_roles"),
        sa.UniqueConstraint("name", name="uq_roles_name"),
        comment="what operators may do",
    )
    op.create_table(
        "operator_roles",
        sa.Column("operator_id", _ID, nullable=False, comment="who has the role"),
        sa.Column("role_id", _ID, nullable=False, comment="the role"),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name="fk_operator_roles_operator_id"
        ),
        sa.ForeignKeyConstraint(["role_id"], ["roles.id"], name="fk_operator_roles_role_id"),
        sa.PrimaryKeyConstraint("operator_id", "role_id", name="pk_operator_roles"),
        comment="which operator has which role",
    )
