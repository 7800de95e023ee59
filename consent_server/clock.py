"""The one place that reads the system clock.

Everything else asks here, so a test can turn the time and a reader can find every use of it.
There is no setting to fake it.
"""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """Returns the present instant, aware, in UTC, with microseconds."""
    return datetime.now(UTC)
