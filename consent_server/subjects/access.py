"""What a visitor may read about themselves: everything, from both databases, in bounded memory.

Copies that a legal hold keeps are left out and said to be: a hold may belong to an investigation,
and whoever answers for it decides what may be told (PIPA art. 35(4)).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import Engine

from consent_server import clock
from consent_server.consents.own import count_own, each_own, find_own
from consent_server.sites.directory import SiteEntry
from consent_server.subjects.held import (
    HeldDecision,
    HeldVisit,
    KeptFor,
    Told,
    recipients_of,
    uses_of,
)
from consent_server.subjects.services import PreferenceCentre
from consent_server.subjects.shown import Shown
from consent_server.visits.own import OwnVisit, OwnVisits

RetentionTable = Callable[[str, bool], Sequence[Any]]
VISITS_A_PAGE: Final = 50
DECISIONS_SHOWN: Final = 20
_ABOUT_VISITORS: Final = ("visit", "legal_hold", "consent", "rights_request", "disclosure")


@dataclass(frozen=True, slots=True)
class Held:
    """A page of what is held: counts of all, the newest decisions, one page of visits."""

    decisions: int
    newest: list[HeldDecision]
    visits: int
    page: int
    of_page: list[HeldVisit]

    @property
    def pages(self) -> int:
        """How many pages of visits there are, at least one."""
        return max(1, -(-self.visits // VISITS_A_PAGE))


@dataclass(frozen=True, slots=True)
class MyDataReader:
    """Everything that the verbs need, joined when the application starts.

    retention: gives the lines of the retention table in a language, with or without visits.
    """

    centre: PreferenceCentre
    visits: OwnVisits
    engine: Engine
    retention: RetentionTable

    def visitor_of(self, site: SiteEntry, token: str) -> UUID:
        """Returns whom a token names. Raises TokenRefused."""
        return self.centre.recorder.signatures.visitor_id(site.key, token)

    def told(
        self, site: SiteEntry, visitor_id: UUID, shown: Shown, language: str, words: Words
    ) -> Told:
        """Returns all but the records. shown: the notice in force as this visitor sees it."""
        return Told(
            site=site.name,
            controller=site.controller,
            contact=site.contact,
            visitor_id=visitor_id,
            made_at=clock.now(),
            language=language,
            visit_basis=words.visit_basis,
            uses=uses_of(shown),
            recipients=recipients_of(shown),
            kept_for=[
                KeptFor(one.title, one.period, one.counts_from, one.reason, one.basis, one.way)
                for one in self.retention(language, site.logs_visits)
                if one.name in _ABOUT_VISITORS
            ],
            left_out=words.left_out,
        )

    def page(self, site: SiteEntry, visitor_id: UUID, number: int) -> Held:
        """Returns what one page shows. number: of the page of visits, from 1."""
        days = self.visits.days(site.id, visitor_id)
        total = sum(day.visits for day in days)
        skipped = (number - 1) * VISITS_A_PAGE
        found: list[OwnVisit] = []
        for day in days:
            if skipped >= day.visits:
                skipped -= day.visits
                continue
            rest = VISITS_A_PAGE - len(found)
            found += islice(self.visits.of_day(site.id, day), skipped, skipped + rest)
            skipped = 0
            if len(found) >= VISITS_A_PAGE:
                break
        newest = islice(self._decisions(site, visitor_id), DECISIONS_SHOWN)
        return Held(
            decisions=count_own(self.engine, site.id, visitor_id),
            newest=list(newest),
            visits=total,
            page=number,
            of_page=[_held(one) for one in found],
        )

    def file(self, site: SiteEntry, visitor_id: UUID, told: Told) -> Iterator[bytes]:
        """Yields everything as one JSON object (held.MyData), a record at a time.

        The first piece comes after the first look into both databases.
        """
        days = self.visits.days(site.id, visitor_id)
        yield msgspec.json.encode(told)[:-1] + b',"decisions":['
        yield from _listed(self._decisions(site, visitor_id))
        yield b'],"visits":['
        visits = (one for day in days for one in self.visits.of_day(site.id, day))
        yield from _listed(map(_held, visits))
        yield b"]}"

    def receipt(self, site: SiteEntry, visitor_id: UUID, consent_id: UUID) -> dict[str, Any]:
        """Returns the sealed receipt of one of the visitor's decisions. Raises NotFound."""
        record = find_own(self.engine, site.id, visitor_id, consent_id)
        receipt: dict[str, Any] = self.centre.recorder.answer(site, record)["receipt"]
        return receipt

    def _decisions(self, site: SiteEntry, visitor_id: UUID) -> Iterator[HeldDecision]:
        answer = self.centre.recorder.answer
        for record in each_own(self.engine, site.id, visitor_id):
            yield HeldDecision.of(record, answer(site, record)["receipt"])


@dataclass(frozen=True, slots=True)
class Words:
    """What is said in the reader's language: why visits are kept, what is not shown."""

    visit_basis: str
    left_out: str


def _held(own: OwnVisit) -> HeldVisit:
    visit = own.visit
    return HeldVisit(
        visit_id=visit.visit_id,
        recorded_at=visit.recorded_at,
        gone_at=visit.gone_at,
        is_archived=own.is_archived,
        address=visit.ip,
        path=visit.path,
        referrer=visit.referrer,
        device_class=visit.device_class,
        browser=visit.browser,
        browser_version=visit.browser_version,
        system=visit.system,
        system_version=visit.system_version,
        device=visit.device,
        user_agent=visit.user_agent,
    )


def _listed(records: Iterator[HeldDecision] | Iterator[HeldVisit]) -> Iterator[bytes]:
    between = b""
    for record in records:
        yield between + msgspec.json.encode(record)
        between = b","
