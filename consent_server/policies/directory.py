"""The cached notices: which version is in force, which one comes, which texts ever were in force.

What is in force is a question of the time and of nothing else: an announced version begins at its
instant on every node, without a job, and also while the database is away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from itertools import groupby
from typing import Final

import msgspec
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session, selectinload

from consent_server import clock
from consent_server.errors import NotPublished, SiteUnknown
from consent_server.policies.material import (
    Asked,
    Change,
    Choice,
    changes,
    concerned,
    same_places,
)
from consent_server.policies.models import PolicyVersion
from consent_server.policies.schemas import Notice
from consent_server.storage.revision import Cached

SKEW: Final = timedelta(minutes=1)
"""How far the clocks of two nodes may differ: one may take what the other has just shown."""


@dataclass(frozen=True, eq=False)
class VersionEntry:
    """A frozen version as requests see it.

    published_at: in force from then on. announced_at: None if it was in force at once. texts,
    hashes: per language. before: the one in force before it.
    """

    number: int
    published_at: datetime
    announced_at: datetime | None
    notice: Notice
    texts: Mapping[str, bytes]
    hashes: Mapping[str, str]
    before: VersionEntry | None = field(repr=False)

    @cached_property
    def purposes(self) -> tuple[str, ...]:
        """Keys in the order of the notice."""
        return tuple(purpose.key for purpose in self.notice.purposes)

    @cached_property
    def services(self) -> tuple[str, ...]:
        """Keys in the order of the notice."""
        return tuple(service.key for service in self.notice.services)

    @cached_property
    def since(self) -> int:
        """The oldest version from which on a choice counts whole, told by the same positions."""
        oldest = self.number
        for old in self.earlier():
            if not same_places(old.notice, self.notice) or self.changes_since(old):
                break
            oldest = old.number
        return oldest

    def earlier(self) -> Iterator[VersionEntry]:
        """Yields the versions that were in force before, newest first."""
        old = self.before
        while old is not None:
            yield old
            old = old.before

    def changes_since(self, old: VersionEntry) -> tuple[Change, ...]:
        """Returns what of this version a choice under an old one does not cover."""
        if old.number not in self._changes:
            self._changes[old.number] = changes(old.notice, self.notice)
        return self._changes[old.number]

    def asked_again(self, number: int, choice: Choice) -> Asked | None:
        """Returns of what a choice made under version `number` must be asked again.

        None when there never was such a version: then nothing of the choice counts.
        """
        if number == self.number:
            return Asked()
        old = next((entry for entry in self.earlier() if entry.number == number), None)
        if old is None:
            return None
        return concerned(self.changes_since(old), self.notice, choice)

    @cached_property
    def _changes(self) -> dict[int, tuple[Change, ...]]:
        return {}


@dataclass(frozen=True, slots=True, eq=False)
class Present:
    """What a site shows: the version in force, and the announced one that comes next."""

    version: VersionEntry
    coming: VersionEntry | None = None

    @property
    def numbers(self) -> tuple[int, int | None]:
        """What tells it from what the site shows at another time."""
        return self.version.number, self.coming.number if self.coming else None


@dataclass(frozen=True, slots=True)
class _Site:
    """Versions newest first, and from when on which of them is shown, also newest first."""

    versions: Sequence[VersionEntry]
    shown: Sequence[tuple[datetime, Present]]

    def present(self, now: datetime) -> Present | None:
        """One of the first three: at most one version waits, and it has two instants.

        By a clock from before all of them it is the first version: a wrong clock takes no notice
        away.
        """
        begun = (present for begins_at, present in self.shown if begins_at <= now)
        return next(begun, self.shown[-1][1] if self.shown else None)

    def numbered(self, number: int) -> VersionEntry | None:
        return next((version for version in self.versions if version.number == number), None)


_NO_SITE: Final = _Site((), ())


class PolicyDirectory:
    """Answers what a site shows, and what it ever showed."""

    def __init__(self, engine: Engine) -> None:
        self._sites: Cached[Mapping[int, _Site]] = Cached(engine, _load)

    def warm(self) -> None:
        """Loads what is known, unless it is. Raises one of OUTAGES."""
        self._sites.get()

    def in_force(self, site_id: int, *, is_fresh: bool = False) -> VersionEntry:
        """Returns the version in force now. Raises SiteUnknown when nothing was published yet.

        is_fresh: look at the database again, for what must not be seconds behind.
        """
        return self.present(site_id, is_fresh=is_fresh).version

    def present(self, site_id: int, *, is_fresh: bool = False) -> Present:
        """Returns the version in force and the one that comes, the same object while it lasts.

        Raises SiteUnknown.
        """
        known = self._sites.fresh() if is_fresh else self._sites.get()
        now = clock.now()
        found = known.get(site_id, _NO_SITE).present(now)
        found = found or self._sites.fresh().get(site_id, _NO_SITE).present(now)
        if found is None:
            raise SiteUnknown("This site has published no notice yet.", field="site")
        return found

    def shown_by(self, site_id: int) -> list[VersionEntry]:
        """Returns the versions that a site shows or once showed, newest first."""
        versions, now = self._sites.get().get(site_id, _NO_SITE).versions, clock.now()
        return [version for version in versions if version.published_at <= now + SKEW]

    def published(self, site_id: int, number: int, language: str, sha256: str) -> VersionEntry:
        """Returns the version whose text in this language has this hash.

        Raises NotPublished, naming the field, when there never was such a text, or not yet.
        """
        version = self._sites.get().get(site_id, _NO_SITE).numbered(number) or (
            self._sites.fresh().get(site_id, _NO_SITE).numbered(number)
        )
        if version is None:
            raise NotPublished("No such version was published.", field="policy_version")
        if version.announced_at is not None and version.published_at > clock.now() + SKEW:
            raise NotPublished("This version is not in force yet.", field="policy_version")
        if language not in version.hashes:
            raise NotPublished("This version has no such language.", field="language")
        if version.hashes[language] != sha256:
            raise NotPublished("No published text has this hash.", field="text_sha256")
        return version


def _load(session: Session) -> dict[int, _Site]:
    query = (
        select(PolicyVersion)
        .where(~PolicyVersion.cancellation.has())
        .options(selectinload(PolicyVersion.texts))
        .order_by(PolicyVersion.site_id, PolicyVersion.number)
    )
    by_site = groupby(session.scalars(query), lambda version: version.site_id)
    return {site_id: _site(versions) for site_id, versions in by_site}


def _site(versions: Iterable[PolicyVersion]) -> _Site:
    """versions: oldest first."""
    entries: list[VersionEntry] = []
    shown: list[tuple[datetime, Present]] = []
    for version in versions:
        before = entries[-1] if entries else None
        entry = _entry(version, before)
        if before is not None and entry.announced_at is not None:
            shown.append((entry.announced_at, Present(before, entry)))
        shown.append((entry.published_at, Present(entry)))
        entries.append(entry)
    return _Site(entries[::-1], shown[::-1])


def _entry(version: PolicyVersion, before: VersionEntry | None) -> VersionEntry:
    return VersionEntry(
        number=version.number,
        published_at=version.published_at,
        announced_at=version.announced_at,
        notice=msgspec.json.decode(version.source, type=Notice),
        texts={text.language: text.canonical for text in version.texts},
        hashes={text.language: text.sha256 for text in version.texts},
        before=before,
    )
