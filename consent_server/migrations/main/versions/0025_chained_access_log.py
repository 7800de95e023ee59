"""Entries of the access log are signed and chained; reviews of its months."""

import sqlalchemy as sa
from alembic import op

from consent_server.storage.append_only import protect, unprotect
from consent_server.storage.letting_go import hold_fast, let_go

revision = "0025"
down_revision = "0024"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SIGNED = {
    "previous": (64, "digest of the entry before in the same chain"),
    "signed_with": (64, "Ed25519 key it was signed with"),
    "signature": (128, "Ed25519 over the entry; empty: older than chains"),
}


def upgrade() -> None:
    for name, (length, comment) in _SIGNED.items():
        column = sa.Column(
            name, sa.String(length), nullable=False, server_default="", comment=comment
        )
        op.add_column("access_log", column)
    op.create_table(
        "log_reviews",
        sa.Column("id", _ID, nullable=False, comment="row number"),
        sa.Column("month", sa.Date(), nullable=False, comment="first day of the month looked at"),
        sa.Column(
            "number", sa.Integer(), nullable=False, comment="of this month: 1, then additions"
        ),
        sa.Column("reviewer", sa.String(320), nullable=False, comment="account that signed it"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="when it was signed"),
        sa.Column(
            "finding", sa.String(2000), nullable=False, comment="result, in the reviewer's words"
        ),
        sa.Column("acts", sa.Integer(), nullable=False, comment="entries that are no grants"),
        sa.Column("grants", sa.Integer(), nullable=False, comment="entries about rights"),
        sa.Column("own_acts", sa.Integer(), nullable=False, comment="of them, the reviewer's own"),
        sa.Column(
            "last_number", _ID, nullable=False, comment="row number of the last entry looked at"
        ),
        sa.Column(
            "acts_sha256", sa.String(64), nullable=False, comment="hash of all but the grants"
        ),
        sa.Column("grants_sha256", sa.String(64), nullable=False, comment="hash of the grants"),
        sa.Column("summary", sa.JSON(), nullable=False, comment="counts and what stood out"),
        sa.Column(
            "public_key", sa.String(64), nullable=False, comment="Ed25519 key it was signed with"
        ),
        sa.Column("digest", sa.String(64), nullable=False, comment="SHA-256 of what is stated"),
        sa.Column("signature", sa.String(128), nullable=False, comment="Ed25519 over the same"),
        sa.PrimaryKeyConstraint("id", name="pk_log_reviews"),
        sa.UniqueConstraint("month", "number", name="uq_log_reviews_month_number"),
        comment="monthly reviews of the access log; append-only, signed; no visitor data",
    )
    protect("log_reviews")
    let_go("log_reviews", over="OLD.at < limits.before", least_days="1094")


def downgrade() -> None:
    hold_fast("log_reviews")
    unprotect("log_reviews")
    op.drop_table("log_reviews")
    for name in _SIGNED:
        op.drop_column("access_log", name)
