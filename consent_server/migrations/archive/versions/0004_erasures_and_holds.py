"""How far erasures have come; legal holds and the visits that they keep."""

import sqlalchemy as sa
from alembic import op

from consent_server.migrations.erasures import add_erasures

revision = "0004"
down_revision = "0003"

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    add_erasures("archived_erasures")
    op.create_table(
        "legal_holds",
        sa.Column("hold_id", sa.Uuid(), nullable=False, comment="random id; names the key"),
        sa.Column("name", sa.String(length=200), nullable=False, comment="name of the case"),
        sa.Column(
            "basis",
            sa.String(length=20),
            nullable=False,
            comment="court investigation litigation authority",
        ),
        sa.Column(
            "reference",
            sa.String(length=200),
            nullable=False,
            comment="number of the order, of the case or of the letter",
        ),
        sa.Column("officer", sa.String(length=200), nullable=False, comment="who answers for it"),
        sa.Column(
            "site_id", _ROW_ID, nullable=False, comment="the site (in the other database: no key)"
        ),
        sa.Column(
            "since", _INSTANT, nullable=True, comment="only visits from then on; empty = all"
        ),
        sa.Column(
            "until", _INSTANT, nullable=True, comment="only visits before; empty = also new ones"
        ),
        sa.Column(
            "narrowed_by",
            sa.String(length=10),
            nullable=False,
            comment="address, visitor, or site: all its visits",
        ),
        sa.Column(
            "scope",
            sa.LargeBinary(),
            nullable=True,
            comment="the address or visitor, encrypted under the key of the hold; empty before and"
            " after it holds",
        ),
        sa.Column("opened_at", _INSTANT, nullable=False, comment="when it was opened"),
        sa.Column("opened_by", sa.String(length=320), nullable=False, comment="by which operator"),
        sa.Column("ends_at", _INSTANT, nullable=False, comment="first instant at which it is over"),
        sa.Column(
            "released_at", _INSTANT, nullable=True, comment="when an operator ended it before"
        ),
        sa.Column(
            "held",
            sa.Integer(),
            nullable=True,
            comment="how many visits it kept, counted when it was over",
        ),
        sa.Column(
            "destroyed_at", _INSTANT, nullable=True, comment="when key and visits were destroyed"
        ),
        sa.PrimaryKeyConstraint("hold_id", name=("pk_legal_holds")),
        comment="cases for which visits are kept beyond their day; never an address in clear",
    )
    op.create_table(
        "hold_days",
        sa.Column("hold_id", sa.Uuid(), nullable=False, comment="the hold"),
        sa.Column("gone_at", _INSTANT, nullable=False, comment="end of the visits of one day"),
        sa.PrimaryKeyConstraint("hold_id", "gone_at", name=("pk_hold_days")),
        comment="days all of whose visits a hold has: they need no further look",
    )
    op.create_table(
        "held_visits",
        sa.Column("id", _ROW_ID, nullable=False, comment="row number"),
        sa.Column("hold_id", sa.Uuid(), nullable=False, comment="the hold that keeps it"),
        sa.Column("visit_id", sa.Uuid(), nullable=False, comment="random id of the page view"),
        sa.Column("recorded_at", _INSTANT, nullable=False, comment="server's time of the visit"),
        sa.Column(
            "device_class",
            sa.String(length=8),
            nullable=False,
            comment="pc mobile tablet bot other",
        ),
        sa.Column(
            "payload",
            sa.LargeBinary(),
            nullable=False,
            comment="address, path, device; AES-256-GCM under the key of the hold",
        ),
        sa.PrimaryKeyConstraint("id", name=("pk_held_visits")),
        sa.UniqueConstraint("hold_id", "visit_id", name=("uq_held_visits_hold_id_visit_id")),
        comment="copies of visits under a legal hold; destroyed when it ends",
    )
    op.create_index("ix_held_visits_hold_id_id", "held_visits", ["hold_id", "id"])


def downgrade() -> None:
    op.drop_table("held_visits")
    op.drop_table("hold_days")
    op.drop_table("legal_holds")
    op.drop_table("archived_erasures")
