"""What an export was for and what is in its file; exports in the background and by schedule."""

import sqlalchemy as sa
from alembic import op

from consent_server.storage.append_only import fix_columns, unfix_columns

revision = "0024"
down_revision = "0023"

_number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_FILE = ("byte_count", "columns", "software")


def upgrade() -> None:
    op.add_column(
        "exports",
        sa.Column(
            "purpose",
            sa.String(length=20),
            nullable=False,
            server_default="",
            comment="what for: one of a short list; empty: not asked",
        ),
    )
    op.add_column(
        "exports",
        sa.Column("byte_count", sa.BigInteger(), nullable=True, comment="length of the file"),
    )
    op.add_column(
        "exports",
        sa.Column(
            "columns", sa.JSON(), nullable=True, comment="name and type of each column of the file"
        ),
    )
    op.add_column(
        "exports",
        sa.Column(
            "software",
            sa.String(length=40),
            nullable=True,
            comment="version of this program that wrote it",
        ),
    )
    fix_columns("exports", ("purpose",))
    op.create_table(
        "export_jobs",
        sa.Column("id", _number, nullable=False, comment="row number"),
        sa.Column(
            "reference",
            sa.String(length=40),
            nullable=False,
            comment="name of the export in the ledger; also of its key",
        ),
        sa.Column("site_id", _number, nullable=True, comment="the site (no key); empty: all"),
        sa.Column("wanted", sa.JSON(), nullable=False, comment="what is exported"),
        sa.Column(
            "operator",
            sa.String(length=320),
            nullable=False,
            comment="who asked, or `command line`",
        ),
        sa.Column(
            "reason", sa.String(length=500), nullable=False, comment="why, in the operator's words"
        ),
        sa.Column(
            "purpose", sa.String(length=20), nullable=False, comment="what for: one of a short list"
        ),
        sa.Column(
            "schedule_id",
            _number,
            nullable=True,
            comment="the schedule that asked (no key); empty: an operator did",
        ),
        sa.Column(
            "place",
            sa.String(length=10),
            nullable=False,
            comment="where the file goes: here (sealed), folder or bucket",
        ),
        sa.Column(
            "target", sa.String(length=300), nullable=False, comment="folder, or bucket and prefix"
        ),
        sa.Column("file_name", sa.String(length=200), nullable=False, comment="name of the file"),
        sa.Column(
            "state",
            sa.String(length=10),
            nullable=False,
            comment="queued running done failed cancelled",
        ),
        sa.Column(
            "row_count", sa.BigInteger(), nullable=False, comment="rows that are written so far"
        ),
        sa.Column("expected", sa.BigInteger(), nullable=True, comment="rows that there will be"),
        sa.Column("byte_count", sa.BigInteger(), nullable=True, comment="length of the file"),
        sa.Column("attempts", sa.Integer(), nullable=False, comment="how often it was begun"),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False, comment="not begun before"),
        sa.Column(
            "problem", sa.String(length=300), nullable=False, comment="why the last attempt failed"
        ),
        sa.Column(
            "asked_at", sa.DateTime(timezone=True), nullable=False, comment="when it was asked for"
        ),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=True, comment="last beginning"),
        sa.Column(
            "ended_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when it was done, failed or cancelled",
        ),
        sa.Column(
            "expires_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="from then on nobody gets the file, and it is destroyed",
        ),
        sa.Column("downloads", sa.Integer(), nullable=False, comment="how often it was fetched"),
        sa.Column(
            "wiped_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when file and key were destroyed",
        ),
        sa.PrimaryKeyConstraint("id", name=("pk_export_jobs")),
        sa.UniqueConstraint("reference", name=("uq_export_jobs_reference")),
        comment="exports prepared in the background; holds no visitor data",
    )
    op.create_index("ix_export_jobs_state_due_at", "export_jobs", ["state", "due_at"])
    op.create_table(
        "export_schedules",
        sa.Column("id", _number, nullable=False, comment="row number"),
        sa.Column("site_id", _number, nullable=True, comment="the site (no key); empty: all"),
        sa.Column(
            "kind", sa.String(length=20), nullable=False, comment="consents or visits (masked)"
        ),
        sa.Column(
            "format", sa.String(length=10), nullable=False, comment="csv ndjson xlsx parquet"
        ),
        sa.Column("every", sa.String(length=10), nullable=False, comment="day week month"),
        sa.Column("place", sa.String(length=10), nullable=False, comment="folder or bucket"),
        sa.Column(
            "target", sa.String(length=300), nullable=False, comment="folder, or bucket and prefix"
        ),
        sa.Column(
            "reason", sa.String(length=500), nullable=False, comment="why, in the operator's words"
        ),
        sa.Column(
            "purpose", sa.String(length=20), nullable=False, comment="what for: one of a short list"
        ),
        sa.Column(
            "operator",
            sa.String(length=320),
            nullable=False,
            comment="who made it and answers for it",
        ),
        sa.Column(
            "made_at", sa.DateTime(timezone=True), nullable=False, comment="when it was made"
        ),
        sa.Column(
            "next_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when the next export is due",
        ),
        sa.PrimaryKeyConstraint("id", name=("pk_export_schedules")),
        comment="exports made again and again; holds no credentials",
    )


def downgrade() -> None:
    op.drop_table("export_schedules")
    op.drop_table("export_jobs")
    unfix_columns("exports", ("purpose",))
    for name in ("purpose", *_FILE):
        op.drop_column("exports", name)
