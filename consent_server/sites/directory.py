"""The cached map from site key to what a request must know about the site.

Warm look-ups need no SQL. Before a request is refused for an unknown site or origin the database
is asked again (at most ten times a second), so a new site or origin works at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session, selectinload

from consent_server.errors import OriginRefused, SiteUnknown
from consent_server.sites.models import Site
from consent_server.storage.revision import Cached


@dataclass(frozen=True, slots=True)
class SiteEntry:
    """A site as requests see it."""

    id: int
    key: str
    name: str
    controller: str
    contact: str
    language: str
    visit_basis: str
    visit_purpose: str
    address_mode: str
    device_mode: str
    banner_settings: str
    origins: frozenset[str]

    @property
    def logs_visits(self) -> bool:
        """Whether page views are recorded at all."""
        return self.visit_basis != "off"


class SiteDirectory:
    """Answers which site a key names and whether an origin may write for it."""

    def __init__(self, engine: Engine) -> None:
        self._entries: Cached[Mapping[str, SiteEntry]] = Cached(engine, _load)

    def warm(self) -> None:
        """Loads what is known, unless it is. Raises one of OUTAGES."""
        self._entries.get()

    def site(self, key: str) -> SiteEntry:
        """Returns the site of a key. Raises SiteUnknown when there is none."""
        entry = self._entries.get().get(key) or self._entries.fresh().get(key)
        if entry is None:
            raise SiteUnknown("No site has this key; copy the tag from the console.", field="site")
        return entry

    def site_for(self, key: str, origin: str | None) -> SiteEntry:
        """Returns the site of a key if pages of `origin` may write for it.

        Raises SiteUnknown, or OriginRefused when the origin is missing or not allowed.
        """
        entry = self.site(key)
        if origin in entry.origins:
            return entry
        newest = self._entries.fresh().get(key)
        if newest is None or origin not in newest.origins:
            raise OriginRefused(
                "The page's origin is not in the allow-list of this site; "
                "an operator can add it in the console.",
                field="Origin",
            )
        return newest


def _load(session: Session) -> dict[str, SiteEntry]:
    sites = session.scalars(select(Site).options(selectinload(Site.origins)))
    return {site.key: entry_of(site) for site in sites}


def entry_of(site: Site) -> SiteEntry:
    """Returns a site as requests see it."""
    return SiteEntry(
        id=site.id,
        key=site.key,
        name=site.name,
        controller=site.controller,
        contact=site.contact,
        language=site.language,
        visit_basis=site.visit_basis,
        visit_purpose=site.visit_purpose,
        address_mode=site.address_mode,
        device_mode=site.device_mode,
        banner_settings=site.banner_settings,
        origins=frozenset(origin.origin for origin in site.origins),
    )
