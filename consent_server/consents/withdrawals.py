"""What else has to happen when a visitor takes consent back; other rooms do it."""

from __future__ import annotations

from typing import Any, Protocol
from uuid import UUID

from consent_server.consents.schemas import Submission
from consent_server.sites.directory import SiteEntry


class Withdrawals(Protocol):
    """Hears of each decision of a known visitor, before and after it is on disk."""

    def announce(self, site: SiteEntry, submission: Submission, visitor_id: UUID, /) -> None:
        """Notes what the decision asks for. Raises Unavailable; then it is not recorded either."""

    def carry_out(
        self, site: SiteEntry, submission: Submission, visitor_id: UUID, /
    ) -> dict[str, Any] | None:
        """Does it and returns what the visitor is told; None when there is nothing to tell.

        Raises Unavailable; the banner sends the same submission again.
        """
