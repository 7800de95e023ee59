"""What searches need: the country of a visit, where consent records lie. What a banner was made of.

What a site's banner is set to stands from now on, for whoever asks in years.
"""

import sqlalchemy as sa
from alembic import op

from consent_server import clock
from consent_server.migrations.country import add_country, drop_country
from consent_server.migrations.spans import filling_spans
from consent_server.storage.append_only import protect, unprotect
from consent_server.storage.columns import UtcDateTime

revision = "0028"
down_revision = "0027"

_number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    add_country("visits")
    _spans()
    _banners()


def downgrade() -> None:
    for table in ("banner_scripts", "banner_states"):
        unprotect(table)
        op.drop_table(table)
    op.drop_table("consent_spans")
    drop_country("visits")


def _spans() -> None:
    op.create_table(
        "consent_spans",
        sa.Column("day", sa.Date(), nullable=False, comment="calendar day of the decisions"),
        sa.Column("site_id", _number, nullable=False, comment="the site (no foreign key)"),
        sa.Column("action", sa.String(12), nullable=False, comment="what the visitors did"),
        sa.Column(
            "policy_version", sa.Integer(), nullable=False, comment="number of the notice shown"
        ),
        sa.Column("language", sa.String(12), nullable=False, comment="language it was shown in"),
        sa.Column("first_id", sa.BigInteger(), nullable=False, comment="lowest row number"),
        sa.Column("last_id", sa.BigInteger(), nullable=False, comment="highest row number"),
        sa.Column(
            "first_at", _AT, nullable=False, comment="full hour at or before the earliest record"
        ),
        sa.Column("last_at", _AT, nullable=False, comment="full hour after the latest record"),
        sa.Column("records", sa.BigInteger(), nullable=False, comment="consent records"),
        sa.PrimaryKeyConstraint(
            "day", "site_id", "action", "policy_version", "language", name="pk_consent_spans"
        ),
        comment="where consent records lie, by day and kind: for searches",
    )
    op.execute(filling_spans(op.get_bind().dialect.name))


def _banners() -> None:
    op.create_table(
        "banner_states",
        sa.Column("id", _number, nullable=False, comment="row number"),
        sa.Column("site_id", _number, nullable=False, comment="the site"),
        sa.Column("settings", sa.Text(), nullable=False, comment="JSON, as it stood with the site"),
        sa.Column("since", _AT, nullable=False, comment="set since"),
        sa.PrimaryKeyConstraint("id", name="pk_banner_states"),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_banner_states_site_id"),
        sa.UniqueConstraint("site_id", "id", name="uq_banner_states_site_id_id"),
        comment="what the banner of a site was set to, and when; append-only",
    )
    op.create_table(
        "banner_scripts",
        sa.Column("build", sa.String(10), nullable=False, comment="names the code, hex"),
        sa.Column(
            "code", sa.LargeBinary(), nullable=False, comment="JSON of the built parts, zlib"
        ),
        sa.Column("since", _AT, nullable=False, comment="first seen in use"),
        sa.PrimaryKeyConstraint("build", name="pk_banner_scripts"),
        comment="the code of the banner, release by release; append-only",
    )
    _keep_present_states()
    for table in ("banner_states", "banner_scripts"):
        protect(table)


def _keep_present_states() -> None:
    since = sa.bindparam("since", clock.now(), UtcDateTime())
    present = sa.text(
        "INSERT INTO banner_states (site_id, settings, since)"
        " SELECT id, banner_settings, :since FROM sites"
    )
    op.get_bind().execute(present.bindparams(since))
