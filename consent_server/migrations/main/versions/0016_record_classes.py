"""Access log and consent records let go what is over; a ledger of exported copies."""

import sqlalchemy as sa
from alembic import op

from consent_server.storage.append_only import fix_columns, unfix_columns
from consent_server.storage.letting_go import hold_fast, let_go

revision = "0016"
down_revision = "0015"

_SUPERSEDED = (
    "EXISTS (SELECT 1 FROM consent_records later WHERE later.site_id = OLD.site_id "
    "AND later.visitor_id = OLD.visitor_id AND later.id > OLD.id "
    "AND later.recorded_at < limits.before)"
)
_MADE = ("reference", "owner", "kind", "chosen", "reason", "made_at")
_SHREDDED = ("shredded_at", "shredded_by")
_DISCLOSURES = {
    "archive_requests": "asked_at",
    "archive_decisions": "decided_at",
    "disclosures": "at",
}


def upgrade() -> None:
    op.create_table(
        "destruction_limits",
        sa.Column("table_name", sa.String(length=60), nullable=False, comment="the table"),
        sa.Column(
            "stated_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="the present, as stated",
        ),
        sa.Column(
            "before",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="rows whose period counts from before this are over",
        ),
        sa.PrimaryKeyConstraint("table_name", name=("pk_destruction_limits")),
        comment="what the present transaction may destroy; else always empty",
    )
    let_go(
        "access_log",
        over="OLD.at < limits.before",
        least_days="CASE WHEN substr(OLD.act, 1, 9) = 'operator.' THEN 1094 ELSE 364 END",
    )
    let_go(
        "consent_records",
        over=f"OLD.valid_until < limits.before OR {_SUPERSEDED}",
        least_days="27",
    )
    for table, column in _DISCLOSURES.items():
        let_go(table, over=f"OLD.{column} < limits.before", least_days="2554")
    _make_exports()


def _make_exports() -> None:
    op.create_table(
        "exports",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="row number",
        ),
        sa.Column(
            "reference",
            sa.String(length=40),
            nullable=False,
            comment="random name of the export, as in the access log",
        ),
        sa.Column(
            "owner",
            sa.String(length=320),
            nullable=False,
            comment="operator who answers for the copy, or `command line`",
        ),
        sa.Column("kind", sa.String(length=20), nullable=False, comment="consents or visits"),
        sa.Column("chosen", sa.JSON(), nullable=False, comment="filter: what -> which"),
        sa.Column(
            "reason", sa.String(length=500), nullable=False, comment="why, in the operator's words"
        ),
        sa.Column(
            "made_at", sa.DateTime(timezone=True), nullable=False, comment="when it was begun"
        ),
        sa.Column(
            "finished_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when its last byte was sent; empty: broken off, a part may exist",
        ),
        sa.Column(
            "row_count", sa.BigInteger(), nullable=True, comment="how many records are in the file"
        ),
        sa.Column("sha256", sa.String(length=64), nullable=True, comment="hash of the whole file"),
        sa.Column(
            "expires_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="by then the copy must be destroyed",
        ),
        sa.Column(
            "shredded_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when somebody said that the copy is destroyed; empty: it is open",
        ),
        sa.Column("shredded_by", sa.String(length=320), nullable=True, comment="who said so"),
        sa.PrimaryKeyConstraint("id", name=("pk_exports")),
        sa.UniqueConstraint("reference", name=("uq_exports_reference")),
        comment="copies of records that were handed out; holds no visitor data",
    )
    op.create_index("ix_exports_expires_at", "exports", ["expires_at"])
    let_go("exports", over="OLD.shredded_at < limits.before", least_days="364")
    fix_columns("exports", _MADE)
    fix_columns("exports", _SHREDDED, once=_SHREDDED[0])


def downgrade() -> None:
    unfix_columns("exports", _SHREDDED)
    unfix_columns("exports", _MADE)
    hold_fast("exports")
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER exports_refuses_delete")
    op.drop_table("exports")
    hold_fast("consent_records")
    hold_fast("access_log")
    op.drop_table("destruction_limits")
