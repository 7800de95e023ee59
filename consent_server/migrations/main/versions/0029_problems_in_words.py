"""Why an export failed, apart from its words: each reader gets it in his language."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    op.add_column(
        "export_jobs",
        sa.Column(
            "problem_fields",
            sa.JSON(),
            nullable=False,
            server_default="{}",
            comment="what stands at the places in `problem`",
        ),
    )


def downgrade() -> None:
    op.drop_column("export_jobs", "problem_fields")
