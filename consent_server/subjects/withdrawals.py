"""What a withdrawal does to visit records, and what the visitor is told about it (PIPA art. 37).

Visits go when everything is withdrawn, and where they are kept by consent also when their purpose
is refused. Where a law makes the site keep them they stay, and the answer says why and until when.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from consent_server.consents.receipts import rfc3339
from consent_server.consents.schemas import Submission
from consent_server.sites.directory import SiteEntry
from consent_server.sites.visit_words import LAW, erased_words, refused_words
from consent_server.subjects.rules import takes_visits_back
from consent_server.visits.erasure import Erased, RefusedUntil, VisitEraser


@dataclass(frozen=True, slots=True)
class VisitWithdrawals:
    """Everything that is needed, joined when the application starts. zone: IANA name."""

    eraser: VisitEraser
    zone: str

    def announce(self, site: SiteEntry, submission: Submission, visitor_id: UUID) -> None:
        """Notes whose visits go before the decision is recorded. Raises Unavailable."""
        if _concerns(site, submission):
            self.eraser.announce(site, visitor_id)

    def carry_out(
        self, site: SiteEntry, submission: Submission, visitor_id: UUID
    ) -> dict[str, Any] | None:
        """Erases them, or refuses to; returns what the visitor is told. Raises Unavailable."""
        if not _concerns(site, submission):
            return None
        return told(self.eraser.erase(site, visitor_id), self.zone)


def told(outcome: Erased | RefusedUntil, zone: str) -> dict[str, Any]:
    """Returns the outcome of an erasure for the visitor: the same for the same visitor."""
    if isinstance(outcome, Erased):
        return {"basis": outcome.basis, "erased": True, "reason": erased_words()}
    return {
        "basis": outcome.basis,
        "erased": False,
        "until": rfc3339(outcome.until),
        "law": LAW,
        "reason": refused_words(outcome.until, zone),
    }


def _concerns(site: SiteEntry, submission: Submission) -> bool:
    needed = site.visit_purpose if site.visit_basis == "consent" else None
    return takes_visits_back(submission.action, submission.decisions, needed)
