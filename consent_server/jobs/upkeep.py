"""What is done with visits between their day and their end: counted once, then moved away.
Decisions are counted here as well, as they come.

Both are long where a day has a million visits, and both can be cut off anywhere. So a run gives way
as soon as the calendar day changes, for destruction is due then, and it moves for half a minute at
most before destruction has its turn again.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from consent_server import clock
from consent_server.periods import RetentionPeriod
from consent_server.retention.archiving import Archiver
from consent_server.statistics.circumstance_counting import CircumstanceCounter
from consent_server.statistics.counting import DayCounter
from consent_server.statistics.decision_counting import DecisionCounter

_log = logging.getLogger(__name__)
MOVING_SECONDS: Final = 30.0  # of one run beside visitors


@dataclass(frozen=True, slots=True)
class Upkeep:
    """Counts decisions and the days that are over, then moves days out of the operating window.

    keep_code: keeps the banner's code of this release, unless it is kept (banner.history).
    """

    decisions: DecisionCounter
    circumstances: CircumstanceCounter
    counter: DayCounter
    archiver: Archiver
    period: RetentionPeriod
    keep_code: Callable[[], object]

    def run(
        self,
        go_on: Callable[[], bool] = lambda: True,
        *,
        share: float = 1.0,
        moving_seconds: float | None = None,
    ) -> bool:
        """Does what is due; returns False when something failed: the log says what.

        go_on: asked often; once it says no, the rest is left to the next run. share: of one
        interpreter, when others want it too. moving_seconds: at most; None = until all has moved.
        """
        today = self.period.day_of(clock.now())

        def same_day() -> bool:
            return self.period.day_of(clock.now()) == today and go_on()

        done = [
            self._tried("keeping the banner's code", self.keep_code),
            self._tried("counting decisions", lambda: self.decisions.run(same_day, share)),
            self._tried("counting devices", lambda: self.circumstances.run(same_day)),
            self._tried("statistics", lambda: self.counter.run(same_day, share)),
            self._tried("archiving", lambda: self._move(same_day, share, moving_seconds)),
        ]
        return all(done)

    def _move(self, go_on: Callable[[], bool], share: float, seconds: float | None) -> object:
        until = time.monotonic() + (math.inf if seconds is None else seconds)
        return self.archiver.run(lambda: go_on() and time.monotonic() < until, share)

    def _tried(self, what: str, work: Callable[[], object]) -> bool:
        try:
            work()
        except Exception:  # noqa: BLE001 - destruction must have its turn all the same
            _log.exception("%s failed; it is tried again at the next run", what)
            return False
        return True
