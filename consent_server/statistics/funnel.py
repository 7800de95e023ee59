"""From visit to decision, as far as counts can tell. Pure.

How often the banner was shown is not known: a report of it would cost each page a request. So those
who came stand for it: visitors of each day, on sites that log visits. They come again without being
asked again, so what is left is not the number of those who passed the banner by, but its upper end.
"""

from __future__ import annotations

from dataclasses import dataclass

from consent_server.statistics.decisions import Decisions
from consent_server.statistics.services import Numbers


@dataclass(frozen=True, slots=True)
class Funnel:
    """Sums over the days of which both are known. came: visitors per day; allowed: all purposes."""

    days: int
    came: int
    decided: int
    allowed: int

    @property
    def undecided(self) -> int:
        """Who came and decided nothing that day: decided already, or passed the banner by."""
        return max(0, self.came - self.decided)


def funnel(decided: Decisions, visited: Numbers) -> Funnel | None:
    """Returns the sums; None where no day has both, or decisions are not told by day."""
    if decided.is_by_week:
        return None
    visitors = {day.day: day.visitors or 0 for day in visited.days if day.is_shown}
    days = [day for day in decided.days if day.total and visitors.get(day.day)]
    if not days:
        return None
    return Funnel(
        days=len(days),
        came=sum(visitors[day.day] for day in days),
        decided=sum(day.total for day in days),
        allowed=sum(day.answers.get("accept_all", 0) for day in days),
    )
