"""The one place that reads the system clock.

Everything else asks here, so a test can turn the time and a reader can find every use of it.
There is no setting to fake it.
"""

from __future__ import annotations

import select
from datetime import UTC, datetime


def now() -> datetime:
    """Returns the present instant, aware, in UTC, with microseconds."""
    return datetime.now(UTC)


def pause(seconds: float) -> None:
    """Lets other threads and processes have their turn.

    By `select`, as `time.sleep` fails where a program turns the clock that it is measured by
    (libfaketime: EINVAL).
    """
    select.select([], [], [], seconds)
