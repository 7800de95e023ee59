"""The cached notices: which version is in force, and which texts were ever published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session, selectinload

from consent_server.errors import NotPublished, SiteUnknown
from consent_server.policies.material import standings
from consent_server.policies.models import PolicyVersion
from consent_server.policies.schemas import Notice
from consent_server.storage.revision import Cached


@dataclass(frozen=True, slots=True)
class VersionEntry:
    """A published version as requests see it.

    since: the oldest version whose choices still count under this one (policies.material).
    purposes, services: keys in the order of the notice. texts, hashes: per language.
    """

    number: int
    since: int
    purposes: tuple[str, ...]
    services: tuple[str, ...]
    texts: Mapping[str, bytes]
    hashes: Mapping[str, str]


class PolicyDirectory:
    """Answers what a site shows, and what it ever showed."""

    def __init__(self, engine: Engine) -> None:
        self._versions: Cached[Mapping[int, Mapping[int, VersionEntry]]] = Cached(engine, _load)

    def warm(self) -> None:
        """Loads what is known, unless it is. Raises one of OUTAGES."""
        self._versions.get()

    def in_force(self, site_id: int, *, is_fresh: bool = False) -> VersionEntry:
        """Returns the newest version. Raises SiteUnknown when nothing was published yet.

        is_fresh: look at the database again, for what must not be seconds behind.
        """
        known = self._versions.fresh() if is_fresh else self._versions.get()
        versions = known.get(site_id) or self._versions.fresh().get(site_id)
        if not versions:
            raise SiteUnknown("This site has published no notice yet.", field="site")
        return versions[max(versions)]

    def published(self, site_id: int, number: int, language: str, sha256: str) -> VersionEntry:
        """Returns the version whose text in this language has this hash.

        Raises NotPublished, naming the field, when there never was such a text.
        """
        version = self._versions.get().get(site_id, {}).get(number) or (
            self._versions.fresh().get(site_id, {}).get(number)
        )
        if version is None:
            raise NotPublished("No such version was published.", field="policy_version")
        if language not in version.hashes:
            raise NotPublished("This version has no such language.", field="language")
        if version.hashes[language] != sha256:
            raise NotPublished("No published text has this hash.", field="text_sha256")
        return version


def _load(session: Session) -> dict[int, dict[int, VersionEntry]]:
    versions: dict[int, dict[int, PolicyVersion]] = {}
    query = select(PolicyVersion).options(selectinload(PolicyVersion.texts))
    for version in session.scalars(query):
        versions.setdefault(version.site_id, {})[version.number] = version
    return {site_id: _entries(published) for site_id, published in versions.items()}


def _entries(versions: Mapping[int, PolicyVersion]) -> dict[int, VersionEntry]:
    notices = {
        number: msgspec.json.decode(version.source, type=Notice)
        for number, version in versions.items()
    }
    since = standings(notices)
    return {
        number: VersionEntry(
            number=number,
            since=since[number].since,
            purposes=tuple(purpose.key for purpose in notice.purposes),
            services=tuple(service.key for service in notice.services),
            texts={text.language: text.canonical for text in versions[number].texts},
            hashes={text.language: text.sha256 for text in versions[number].texts},
        )
        for number, notice in notices.items()
    }
