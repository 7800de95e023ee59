"""Verbs about sites; each is one transaction on the main database."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Engine, select
from sqlalchemy.orm import selectinload

from consent_server import clock
from consent_server.errors import N_, CommandError
from consent_server.sites.models import Site, SiteOrigin
from consent_server.sites.rules import (
    ADDRESS_MODES,
    DEVICE_MODES,
    VISIT_BASES,
    new_site_key,
    normal_origin,
    one_of,
    purpose_key,
)
from consent_server.storage.database import begin_write, db
from consent_server.storage.revision import raise_revision


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSite:
    """What an operator says about a site.

    origins: at least one http(s) origin; language: "ko" or "en". visit_basis, address_mode,
    device_mode: one of those in sites.rules; visit_purpose: what a visitor must have granted for a
    visit to be recorded on the basis of consent.
    """

    name: str
    origins: Sequence[str]
    controller: str = ""
    contact: str = ""
    language: str = "ko"
    visit_basis: str = "legal_duty"
    visit_purpose: str = "analytics"
    address_mode: str = "full"
    device_mode: str = "parsed"


def enter_site(new: NewSite) -> Site:
    """Adds a site as part of the caller's transaction and returns it.

    A site is of use only with a notice: policies.services.open_site makes both at once. Raises
    CommandError when name or origins are not usable.
    """
    site = Site(key=new_site_key(), created_at=clock.now())
    _apply(site, new)
    db.session.add(site)
    db.session.flush()
    return site


def change_site(site: Site, new: NewSite) -> None:
    """Replaces name, contact and origins; effective on every node within seconds."""
    begin_write()
    _apply(site, new)
    raise_revision(db.session())
    db.session.commit()


def set_visit_basis(key: str, basis: str | None, purpose: str | None) -> Site:
    """Changes why visits of a site are recorded and for which purpose; None leaves it as it is.

    Raises CommandError when there is no such site, basis or key of a purpose.
    """
    begin_write()
    site = find_site(key)
    site.visit_basis = one_of("visit basis", basis or site.visit_basis, VISIT_BASES)
    site.visit_purpose = purpose_key(purpose or site.visit_purpose)
    raise_revision(db.session())
    db.session.commit()
    return site


def keep_banner_settings(key: str, settings: str, *, seen: str | None = None) -> None:
    """Replaces the settings of a site's banner (JSON, checked by the banner room).

    Those of before stay beside them, for `restore_banner_settings`. seen: `mark_of` the settings
    that whoever changes them began with, None to replace whatever is there. Raises CommandError
    when somebody else has changed them since; then nothing is changed.
    """
    begin_write()
    site = find_site(key)
    if seen not in (None, mark_of(site.banner_settings)):
        db.session.rollback()
        raise CommandError(
            N_("The settings of the banner were changed by somebody else meanwhile.")
        )
    if settings != site.banner_settings:
        site.banner_settings_before, site.banner_settings = site.banner_settings, settings
        raise_revision(db.session())
    db.session.commit()


def restore_banner_settings(key: str) -> None:
    """Puts back the settings of before; a second time takes that back.

    Raises CommandError when they were never changed.
    """
    begin_write()
    site = find_site(key)
    if site.banner_settings_before is None:
        db.session.rollback()
        raise CommandError(N_("The settings of this banner were never changed."))
    site.banner_settings, site.banner_settings_before = (
        site.banner_settings_before,
        site.banner_settings,
    )
    raise_revision(db.session())
    db.session.commit()


def mark_of(settings: str) -> str:
    """Returns what tells settings from others, 16 hexadecimal digits."""
    return hashlib.sha256(settings.encode()).hexdigest()[:16]


def all_sites() -> list[Site]:
    """Returns every site with its origins, by name."""
    query = select(Site).options(selectinload(Site.origins)).order_by(Site.name, Site.id)
    return list(db.session.scalars(query))


def site_keys(engine: Engine) -> dict[int, str]:
    """Returns the public key of every site by its row number, in one short read."""
    with engine.connect() as connection:
        return {site.id: site.key for site in connection.execute(select(Site.id, Site.key))}


def find_site(key: str) -> Site:
    """Returns the site with this key. Raises CommandError when there is none."""
    site = db.session.scalars(
        select(Site).where(Site.key == key).options(selectinload(Site.origins))
    ).one_or_none()
    if site is None:
        raise CommandError(N_("There is no site with the key %(key)r; see `sites list`."), key=key)
    return site


def script_tag(public_url: str, site_key: str) -> str:
    """Returns the one line of HTML that a product page needs."""
    return f'<script async src="{public_url}/embed/{site_key}.js"></script>'


def _apply(site: Site, new: NewSite) -> None:
    name = new.name.strip()
    if not name or len(name) > 200:
        raise CommandError(N_("A site needs a name of 1 to 200 characters."))
    origins = sorted({normal_origin(origin) for origin in new.origins if origin.strip()})
    if not origins:
        raise CommandError(N_("A site needs at least one origin, such as https://shop.example."))
    site.name = name
    site.controller = new.controller.strip()[:200] or name
    site.contact = new.contact.strip()[:320]
    site.language = new.language
    site.visit_basis = one_of("visit basis", new.visit_basis, VISIT_BASES)
    site.visit_purpose = purpose_key(new.visit_purpose)
    site.address_mode = one_of("address mode", new.address_mode, ADDRESS_MODES)
    site.device_mode = one_of("device mode", new.device_mode, DEVICE_MODES)
    kept = {known.origin: known for known in site.origins}
    site.origins = [kept.get(origin) or SiteOrigin(origin=origin) for origin in origins]
