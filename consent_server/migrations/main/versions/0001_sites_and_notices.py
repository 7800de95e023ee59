"""Sites, their origins, and the notices they publish."""

import sqlalchemy as sa
from alembic import op

from consent_server.storage.append_only import protect, unprotect

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "revision",
        sa.Column("id", sa.Integer(), nullable=False, comment="always 1"),
        sa.Column(
            "number", sa.Integer(), nullable=False, comment="raised by one with every change"
        ),
        sa.PrimaryKeyConstraint("id", name=("pk_revision")),
        comment="counts changes of sites and notices; tells caches to reload",
    )
    op.create_table(
        "sites",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="row number",
        ),
        sa.Column(
            "key",
            sa.String(length=12),
            nullable=False,
            comment="public key in the script tag, random, [a-z0-9]",
        ),
        sa.Column(
            "name", sa.String(length=200), nullable=False, comment="name that operators read"
        ),
        sa.Column(
            "controller",
            sa.String(length=200),
            nullable=False,
            comment="legal name of who decides about the processing",
        ),
        sa.Column(
            "contact",
            sa.String(length=320),
            nullable=False,
            comment="address for questions and rights requests, shown to visitors",
        ),
        sa.Column(
            "language",
            sa.String(length=12),
            nullable=False,
            comment="language shown when the browser asks for none we have",
        ),
        sa.Column(
            "logs_visits",
            sa.Boolean(),
            nullable=False,
            comment="whether the script reports page views to the visit log",
        ),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), nullable=False, comment="when it was added"
        ),
        sa.PrimaryKeyConstraint("id", name=("pk_sites")),
        sa.UniqueConstraint("key", name=("uq_sites_key")),
        comment="products that carry the script tag",
    )
    op.create_table(
        "site_origins",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="row number",
        ),
        sa.Column(
            "site_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="the site",
        ),
        sa.Column(
            "origin",
            sa.String(length=300),
            nullable=False,
            comment="scheme://host[:port], lower case, as browsers send it",
        ),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=("fk_site_origins_site_id")),
        sa.PrimaryKeyConstraint("id", name=("pk_site_origins")),
        sa.UniqueConstraint("site_id", "origin", name=("uq_site_origins_site_id_origin")),
        comment="web origins (RFC 6454) that may write for a site",
    )
    op.create_table(
        "policy_versions",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="row number",
        ),
        sa.Column(
            "site_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="the site",
        ),
        sa.Column("number", sa.Integer(), nullable=False, comment="1, 2, 3 ... per site"),
        sa.Column(
            "source",
            sa.LargeBinary(),
            nullable=False,
            comment="the operator's notice as JSON (policies.schemas.Notice)",
        ),
        sa.Column(
            "published_at", sa.DateTime(timezone=True), nullable=False, comment="in force since"
        ),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=("fk_policy_versions_site_id")),
        sa.PrimaryKeyConstraint("id", name=("pk_policy_versions")),
        sa.UniqueConstraint("site_id", "number", name=("uq_policy_versions_site_id_number")),
        comment="published notices; append-only",
    )
    op.create_table(
        "policy_texts",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="row number",
        ),
        sa.Column(
            "version_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="the version",
        ),
        sa.Column(
            "language", sa.String(length=12), nullable=False, comment="BCP 47 tag, such as ko"
        ),
        sa.Column(
            "canonical",
            sa.LargeBinary(),
            nullable=False,
            comment="canonical JSON of everything shown in this language",
        ),
        sa.Column(
            "sha256",
            sa.String(length=64),
            nullable=False,
            comment="SHA-256 of canonical, computed by the server when published",
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["policy_versions.id"], name=("fk_policy_texts_version_id")
        ),
        sa.PrimaryKeyConstraint("id", name=("pk_policy_texts")),
        sa.UniqueConstraint("version_id", "language", name=("uq_policy_texts_version_id_language")),
        comment="canonical texts of published notices; append-only",
    )
    op.execute("INSERT INTO revision (id, number) VALUES (1, 0)")
    protect("policy_versions")
    protect("policy_texts")


def downgrade() -> None:
    unprotect("policy_texts")
    unprotect("policy_versions")
    op.drop_table("policy_texts")
    op.drop_table("policy_versions")
    op.drop_table("site_origins")
    op.drop_table("sites")
    op.drop_table("revision")
