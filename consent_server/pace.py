"""How much of one interpreter long work may take while the same process serves visitors.

Python runs one thread at a time, so an export or a count at full speed makes each of the many
hand-overs of a request wait. It works for a millisecond or two, then sleeps several times as long.
On the command line nobody waits, and there is no rest.
"""

from __future__ import annotations

import threading
import time
from typing import Final

from consent_server import clock

SERVING: Final = (
    0.1  # share of one interpreter; at 0.2 waiting for a write took three times as long
)


class Pace:
    """Rests after work, in each thread as long as that thread's own work asks for."""

    def __init__(self, share: float = 1.0) -> None:
        self._rest_per_work = (1 - share) / share
        self._local = threading.local()

    def rest(self) -> None:
        """Sleeps in proportion to the processor time that this thread took since the last rest."""
        if not self._rest_per_work:
            return
        now = time.thread_time()
        since = getattr(self._local, "rested_at", now)
        if now > since:
            clock.pause((now - since) * self._rest_per_work)
        self._local.rested_at = now  # to sleep takes no processor time
