"""Tables of sites and their allowed origins."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    Connection,
    ForeignKey,
    String,
    Text,
    UniqueConstraint,
    event,
    insert,
    inspect,
)
from sqlalchemy.orm import Mapped, Mapper, mapped_column, relationship

from consent_server import clock
from consent_server.storage.columns import RowId, UtcDateTime
from consent_server.storage.database import Model


class Site(Model):
    """A product of a controller, addressed by its public key."""

    __tablename__ = "sites"
    __table_args__ = ({"comment": "products that carry the script tag"},)

    id: Mapped[int] = mapped_column(RowId, primary_key=True, comment="row number")
    key: Mapped[str] = mapped_column(
        String(12), unique=True, comment="public key in the script tag, random, [a-z0-9]"
    )
    name: Mapped[str] = mapped_column(String(200), comment="name that operators read")
    controller: Mapped[str] = mapped_column(
        String(200), comment="legal name of who decides about the processing"
    )
    contact: Mapped[str] = mapped_column(
        String(320), comment="address for questions and rights requests, shown to visitors"
    )
    language: Mapped[str] = mapped_column(
        String(12), comment="language shown when the browser asks for none we have"
    )
    visit_basis: Mapped[str] = mapped_column(
        String(20),
        server_default="legal_duty",
        comment="legal_duty legitimate_interest consent off: why page views are recorded",
    )
    visit_purpose: Mapped[str] = mapped_column(
        String(40),
        server_default="analytics",
        comment="key of the purpose that a visitor must have granted, on the basis of consent",
    )
    address_mode: Mapped[str] = mapped_column(
        String(12),
        server_default="full",
        comment="full truncated keyed_hash none: what a visit keeps of the address",
    )
    device_mode: Mapped[str] = mapped_column(
        String(12),
        server_default="parsed",
        comment="parsed user_agent: what a visit keeps of the device",
    )
    banner_settings: Mapped[str] = mapped_column(
        Text,
        server_default="{}",
        comment="JSON: what of the banner is not as by default (banner.schemas)",
    )
    banner_settings_before: Mapped[str | None] = mapped_column(
        Text, comment="JSON: the settings that the present ones replaced; none: never changed"
    )
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, comment="when it was added")

    origins: Mapped[list[SiteOrigin]] = relationship(
        cascade="all, delete-orphan", order_by="SiteOrigin.origin"
    )

    @property
    def logs_visits(self) -> bool:
        """Whether the script reports page views to the visit log."""
        return self.visit_basis != "off"


class SiteOrigin(Model):
    """One web origin whose pages may send records for a site."""

    __tablename__ = "site_origins"
    __table_args__ = (
        UniqueConstraint("site_id", "origin"),
        {"comment": "web origins (RFC 6454) that may write for a site"},
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True, comment="row number")
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), comment="the site")
    origin: Mapped[str] = mapped_column(
        String(300), comment="scheme://host[:port], lower case, as browsers send it"
    )


class BannerState(Model):
    """What the banner of a site was set to from an instant on, for whoever asks in years."""

    __tablename__ = "banner_states"
    __table_args__ = (
        UniqueConstraint("site_id", "id"),
        {"comment": "what the banner of a site was set to, and when; append-only"},
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True, comment="row number")
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), comment="the site")
    settings: Mapped[str] = mapped_column(Text, comment="JSON, as it stood with the site")
    since: Mapped[datetime] = mapped_column(UtcDateTime, comment="set since")


@event.listens_for(Site, "after_insert")
def _keep_first_state(_mapper: Mapper[Site], connection: Connection, site: Site) -> None:
    _keep_state(connection, site, site.created_at)


@event.listens_for(Site, "after_update")
def _keep_new_state(_mapper: Mapper[Site], connection: Connection, site: Site) -> None:
    """Whoever changes the settings, in the transaction that does."""
    if inspect(site).attrs.banner_settings.history.has_changes():
        _keep_state(connection, site, clock.now())


def _keep_state(connection: Connection, site: Site, since: datetime) -> None:
    settings = site.__dict__.get("banner_settings") or "{}"  # not loaded: the database's default
    state = {"site_id": site.id, "settings": settings, "since": since}
    connection.execute(insert(BannerState).values(state))
