"""Unpredictable ids and nonces, drawn from the system by the page and not one by one.

Each call of the system gives up the interpreter's lock, for which all request threads then queue:
under load that costs a hundred times what the bytes do. For names and nonces only, which are no
secrets: bytes that were handed out stay in memory for a while. Keys come from `secrets`.
"""

from __future__ import annotations

import os
import threading
from typing import Final
from uuid import UUID

_PAGE_BYTES: Final = 4096


class _Drawn:
    """A page of random bytes, each of which is handed out once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._page = b""
        self._used = 0

    def take(self, count: int) -> bytes:
        with self._lock:
            if self._used + count > len(self._page):
                self._page, self._used = os.urandom(_PAGE_BYTES), 0
            begin = self._used
            self._used += count
            return self._page[begin : self._used]


_drawn = _Drawn()


def random_bytes(count: int) -> bytes:
    """Returns `count` bytes (at most 4096) that nobody can foresee and nobody else was given."""
    return _drawn.take(count)


def random_id() -> UUID:
    """Returns a random UUID (RFC 9562, version 4)."""
    return UUID(bytes=_drawn.take(16), version=4)


def _begin_anew() -> None:
    global _drawn
    _drawn = _Drawn()


os.register_at_fork(after_in_child=_begin_anew)  # else two processes would hand out the same
