"""What the writer tells whoever counts: one small protocol, so that it need not know who listens.

Every verb is called on the hot path and must return at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Literal, Protocol

Reason = Literal["queue_full", "database_away"]


class WriterObserver(Protocol):
    """Hears what the writer does."""

    def queue_limit(self, records: int, /) -> None:
        """So many records of one table may wait (once, when the writer is made)."""

    def queued(self, count: int, /) -> None:
        """So many records wait in the longest lane (before each batch, and while one grows)."""

    def waiting(self) -> AbstractContextManager[object]:
        """A caller waits inside for the commit that its row is part of."""

    def committed(self, rows: int, seconds: float, /) -> None:
        """One transaction is on disk."""

    def acknowledged(self, rows: Mapping[str, int], /) -> None:
        """So many callers, by table, are told that their row is on disk."""

    def refused(self, reason: Reason, /) -> None:
        """One caller is turned away."""


class Unheard:
    """The observer of a writer that nobody watches."""

    def queue_limit(self, records: int, /) -> None: ...

    def queued(self, count: int, /) -> None: ...

    def waiting(self) -> AbstractContextManager[object]:
        return nullcontext()

    def committed(self, rows: int, seconds: float, /) -> None: ...

    def acknowledged(self, rows: Mapping[str, int], /) -> None: ...

    def refused(self, reason: Reason, /) -> None: ...
