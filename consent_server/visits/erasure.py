"""Erases the visits of one visitor, at once, in both databases, and for good (PIPA art. 37).

First the journal says whose visits go, then they are removed. So a process that dies in between
leaves the rest to the next replay, and that also removes a visit that was on its way meanwhile or
comes back with a restored database. Where a law makes the site keep visits nothing is removed, and
the answer says why and until when (art. 37(4)).

A removed row is unreadable to everyone at once. What is left of its bytes is ciphertext: on SQLite
in backups; on PostgreSQL also in freed space and the log, until the key of the day is destroyed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from consent_server import clock
from consent_server.errors import ConfigError, Unavailable
from consent_server.keys.ring import KeyRing
from consent_server.periods import RetentionPeriod
from consent_server.sites.directory import SiteEntry
from consent_server.visits.journal import Journal, Line
from consent_server.visits.removal import Batch, Removal

DUTY: Final = "legal_duty"  # the basis under which nothing is erased on request
_OUTAGES: Final = (DBAPIError, PoolTimeout, OSError, ConfigError)

Certify = Callable[[Batch], None]
KeepHeld = Callable[[int, Mapping[date, bytes]], None]
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Erased:
    """The visitor's visits up to now are gone. records: how many rows this call removed."""

    basis: str
    records: int


@dataclass(frozen=True, slots=True)
class RefusedUntil:
    """They must be kept. until: the instant by which the last of them is destroyed anyway."""

    basis: str
    until: datetime


@dataclass(frozen=True, slots=True)
class VisitEraser:
    """Everything that the verb needs, joined once when the application starts.

    keep_held: called before anything is noted, with a site and the visitor's hashes by day: what
    a legal hold covers is copied to it first. certify: states a batch, once however often told.
    """

    ring: KeyRing
    journal: Journal
    removal: Removal
    period: RetentionPeriod
    keep_held: KeepHeld
    certify: Certify

    def erase(self, site: SiteEntry, visitor_id: UUID) -> Erased | RefusedUntil:
        """Removes all visits of a visitor recorded until now, unless the site must keep them.

        Waits until they are gone from both databases. May be repeated. Raises Unavailable; what
        the journal has by then goes as soon as the databases can be used again.
        """
        if site.visit_basis == DUTY:
            return RefusedUntil(DUTY, self.period.gone_at(clock.now()))
        try:
            removed = self.removal.remove(self._note(site, visitor_id))
        except _OUTAGES as error:
            raise _unavailable(error) from error
        if removed:
            _log.info("erased %d visits that a visitor asked to go", removed)
        return Erased(site.visit_basis, removed)

    def announce(self, site: SiteEntry, visitor_id: UUID) -> None:
        """Writes the wish down before the decision that it comes with is recorded.

        Then it is carried out though the process dies before `erase`. Does nothing where visits
        must be kept. Raises Unavailable.
        """
        if site.visit_basis == DUTY:
            return
        try:
            self._note(site, visitor_id)
        except _OUTAGES as error:
            raise _unavailable(error) from error

    def run(self) -> int:
        """Finishes what is left of all erasures and certifies them; returns how many rows went.

        For the job. Idempotent; raises what the databases raise.
        """
        removed = self.removal.replay()
        for batch in self.removal.uncertified():
            self.certify(batch)
            self.removal.certified(batch)
        self.removal.forget(set(self.ring.days()))
        return removed

    def _note(self, site: SiteEntry, visitor_id: UUID) -> dict[date, Line]:
        """Adds the visitor to the journal: of today, and of each day with a visit of theirs."""
        now = clock.now()
        hashes = self._hashes(visitor_id)
        days = self.removal.days_of(list(hashes.values())) | {self.period.day_of(now)}
        wanted = {day: hashes[day] for day in sorted(days) if day in hashes}
        self.keep_held(site.id, wanted)
        lines = {day: Line(found, site.id, now) for day, found in wanted.items()}
        self.journal.append(lines)
        return lines

    def _hashes(self, visitor_id: UUID) -> dict[date, bytes]:
        found = {
            day: self.ring.keyed_hash_or_none(day, "visitor", visitor_id.bytes)
            for day in self.ring.days()
        }
        return {day: visitor_hash for day, visitor_hash in found.items() if visitor_hash}


def _unavailable(error: Exception) -> Unavailable:
    _log.warning("visits cannot be erased at the moment: %s", type(error).__name__)
    return Unavailable("Visits cannot be erased at the moment; try again shortly.")
