"""Who asked for archived visits, who allowed it, what was handed to an authority."""

import sqlalchemy as sa
from alembic import op

from consent_server.storage.append_only import protect, unprotect

revision = "0015"
down_revision = "0014"

_TABLES = ("archive_requests", "archive_decisions", "disclosures")


def upgrade() -> None:
    op.create_table(
        "archive_requests",
        _row_number(),
        _text("reference", 16, "random name"),
        _text("basis", 30, "legal basis (disclosures.rules)"),
        _text("reason", 300, "why, in the operator's words"),
        _text("authority", 300, "who demands the records, or empty"),
        _text("permit_number", 300, "number of the court's permit, or empty"),
        _text("items", 200, "which facts, with commas between"),
        *_scope(),
        _text("asked_by", 320, "account of who asked"),
        _instant("asked_at", "when"),
        sa.PrimaryKeyConstraint("id", name=("pk_archive_requests")),
        sa.UniqueConstraint("reference", name=("uq_archive_requests_reference")),
        comment="who asked to read archived visits, and why; append-only",
    )
    op.create_table(
        "archive_decisions",
        _row_number(),
        _request(),
        sa.Column("is_approved", sa.Boolean(), nullable=False, comment="whether it may be read"),
        _text("decided_by", 320, "account of who decided"),
        _instant("decided_at", "when"),
        sa.PrimaryKeyConstraint("id", name=("pk_archive_decisions")),
        sa.UniqueConstraint("request_id", name=("uq_archive_decisions_request_id")),
        comment="what a second operator said to a request; append-only",
    )
    op.create_table(
        "disclosures",
        _row_number(),
        _text("reference", 16, "random name"),
        _request("the approved request"),
        _text("basis", 30, "legal basis (disclosures.rules)"),
        _text("authority", 300, "who got the records"),
        _text("permit_number", 300, "number of the permit"),
        _text("items", 200, "which facts, with commas between"),
        *_scope(),
        _text("officer", 320, "account of who handed over"),
        _text("approver", 320, "account of who approved"),
        sa.Column(
            "is_by_address",
            sa.Boolean(),
            nullable=False,
            comment="whether the records are those of one address",
        ),
        sa.Column("record_count", sa.Integer(), nullable=False, comment="how many records"),
        _text("sha256", 64, "SHA-256 of the file"),
        _instant("at", "when"),
        sa.PrimaryKeyConstraint("id", name=("pk_disclosures")),
        sa.UniqueConstraint("reference", name=("uq_disclosures_reference")),
        comment="ledger of records handed to authorities; append-only",
    )
    for table in _TABLES:
        protect(table)


def downgrade() -> None:
    for table in reversed(_TABLES):
        unprotect(table)
        op.drop_table(table)


def _row_number() -> sa.Column[int]:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column("id", kind, nullable=False, comment="row number")


def _request(comment: str = "the request; decided once") -> sa.Column[int]:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column("request_id", kind, nullable=False, comment=comment)


def _text(name: str, length: int, comment: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), nullable=False, comment=comment)


def _instant(name: str, comment: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False, comment=comment)


def _scope() -> list[sa.Column[object]]:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return [
        sa.Column("site_id", kind, nullable=True, comment="the site; none: all sites"),
        _instant("since", "first instant of the visits"),
        _instant("until", "first instant left out"),
    ]
