"""Counts of requests in the span of time that runs now, behind the storage interface of limits.

Spans are aligned to the clock, so that all nodes mean the same one, and the counts of a span that
is over are dropped as a whole. Counting is adding to a dictionary: no request waits for anything.
The library's own counter in memory starts a thread every 10 ms, which looks at all keys; and it
lets each key's span begin with its first request, so that no two processes could add theirs up.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from limits.storage import Storage

from consent_server import clock

_MOST_KEYS: Final = 50_000  # per span, about 15 MB; who comes later in a flood is not counted


@dataclass(slots=True)
class Count:
    """One key. hits: all that is known; untold: how many of them no other process knows of."""

    hits: int = 0
    untold: int = 0


@dataclass(slots=True)
class Span:
    """The counts of one span. number: how many of its length ended since 1970.

    due: keys whose counts should be told to other processes (storage.shared_counts).
    """

    number: int
    seconds: int
    counts: dict[str, Count] = field(default_factory=dict)
    due: set[str] = field(default_factory=set)

    @property
    def ends_at(self) -> float:
        """When it ends, in seconds since 1970."""
        return float((self.number + 1) * self.seconds)


class Counts(Storage):
    """Counts of this process alone."""

    STORAGE_SCHEME = None

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._spans: dict[int, Span] = {}  # by their length; one of each runs

    @property
    def base_exceptions(self) -> type[Exception]:
        """Errors of a database: none reaches a request."""
        return OSError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Counts, and returns how much was counted of this key in the present span."""
        with self._lock:
            span = self._span(expiry)
            count = span.counts.get(key)
            if count is None:
                if len(span.counts) >= _MOST_KEYS:
                    return amount
                count = span.counts[key] = Count()
            count.hits += amount
            count.untold += amount
            self._counted(span, key, count)
            return count.hits

    def get(self, key: str) -> int:
        """Returns what was counted of a key in the present span."""
        with self._lock:
            return next((span.counts[key].hits for span in self._spans_of(key)), 0)

    def get_expiry(self, key: str) -> float:
        """Returns when the span of a key ends, in seconds since 1970."""
        with self._lock:
            now = clock.now().timestamp()
            return next((span.ends_at for span in self._spans_of(key)), now)

    def check(self) -> bool:
        """Tells that it counts: it always does."""
        return True

    def reset(self) -> int:
        """Forgets all counts of this process; returns how many there were."""
        with self._lock:
            forgotten = sum(len(span.counts) for span in self._spans.values())
            self._spans.clear()
            return forgotten

    def clear(self, key: str) -> None:
        """Forgets what this process counted of a key."""
        with self._lock:
            for span in self._spans_of(key):
                del span.counts[key]

    def settle(self) -> None:
        """Exchanges counts with other processes: there is none."""

    def close(self) -> None:
        """Ends what runs beside it: nothing."""

    def _counted(self, span: Span, key: str, count: Count) -> None:
        """Is told of every count, under the lock."""

    def _spans_of(self, key: str) -> Iterator[Span]:
        running = [self._span(seconds) for seconds in list(self._spans)]
        return (span for span in running if key in span.counts)

    def _span(self, seconds: int) -> Span:
        number = int(clock.now().timestamp()) // seconds
        span = self._spans.get(seconds)
        if span is None or span.number != number:
            span = self._spans[seconds] = Span(number, seconds)
        return span
