"""From visit to decision: who came, met the banner, decided, and who passed it by. Pure.

That the banner was shown is not reported: it would cost each page a request. But on sites that log
visits each visit of somebody who has decided names the visitor, so who came without that name met
the banner. Who is asked again about something new is not among them.
"""

from __future__ import annotations

from dataclasses import dataclass

from consent_server.statistics.decisions import Decisions
from consent_server.statistics.services import Numbers


@dataclass(frozen=True, slots=True)
class Funnel:
    """Sums over the days of which all is known. came: visitors per day; asked: those of them who
    had decided nothing before; decided: answers; allowed: all purposes."""

    days: int
    came: int
    asked: int
    decided: int
    allowed: int

    @property
    def ignored(self) -> int:
        """Who met the banner and did not answer that day; nobody, where answers were changed."""
        return max(0, self.asked - self.decided)


def funnel(decided: Decisions, visited: Numbers) -> Funnel | None:
    """Returns the sums; None where no day has all, or decisions are not told by day."""
    if decided.is_by_week:
        return None
    met = {day.day: (day.visitors or 0, day.asked) for day in visited.days if day.asked}
    days = [day for day in decided.days if day.total and day.day in met]
    if not days:
        return None
    return Funnel(
        days=len(days),
        came=sum(met[day.day][0] for day in days),
        asked=sum(met[day.day][1] or 0 for day in days),
        decided=sum(day.total for day in days),
        allowed=sum(day.answers.get("accept_all", 0) for day in days),
    )
