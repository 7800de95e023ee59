"""When a copy must be destroyed: after some days; of visits when the first of them is gone.

A copy of a visit may not outlive the visit (PIPA art. 21): whoever keeps the file keeps the record.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from consent_server import clock
from consent_server.periods import RetentionPeriod
from consent_server.visits.services import VisitView


class Expiry:
    """The last instant of one export.

    at: as far as its records are known; at_least: that of anything that could be in it, which
    holds for an export that is broken off.
    """

    def __init__(
        self, kind: str, since: datetime | None, period: RetentionPeriod, days: int
    ) -> None:
        now = clock.now()
        self.at = self.at_least = now + timedelta(days=days)
        if kind == "visits" and (since is None or since <= now):
            next_end = RetentionPeriod(0, period.zone).gone_at(now)  # visits end at midnight
            first_end = next_end if since is None else max(next_end, period.gone_at(since))
            self.at_least = min(self.at, first_end)

    def heed(self, visits: Iterator[VisitView]) -> Iterator[VisitView]:
        """Passes visits on and keeps the earliest end of them."""
        for visit in visits:
            if visit.gone_at < self.at:
                self.at = visit.gone_at
            yield visit
