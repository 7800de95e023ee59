"""Signals are heard by a thread of their own, one after another.

Otherwise a handler runs inside whatever the main thread is doing, and granian's are not made for
that. In the first process it takes the lock on which the main thread waits: a second signal, come
while that lock was held, hung the service for good. In a worker it puts a word where one has room:
the third waited for room and held the interpreter, until the worker was killed. Three are not many:
a terminal, and systemd unless told otherwise, tell every process, and the first then its workers.

So the signals are blocked in every thread and taken by one (sigwait(3)), which calls the handlers:
in a worker once, as it only stops; in the first process, where it harms nobody, as often as needed.
"""

from __future__ import annotations

import signal
import threading
from typing import Final

from consent_server import clock

_TO_STOP: Final = frozenset({signal.SIGTERM, signal.SIGINT})
_ALL: Final = _TO_STOP | {signal.SIGHUP}  # by this one the workers are replaced
_LOADING_SECONDS: Final = 0.01  # between two looks whether a worker has loaded
_REMINDING_SECONDS: Final = 1.0  # until the first process, told to stop, is told again


def hear_in_server() -> None:
    """Takes the signals of the first process, once its handlers are set and before it forks."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _ALL)
    threading.Thread(target=_first_hears, name="signals", daemon=True).start()


def hear_in_worker() -> None:
    """Takes the signals of a worker, whose handlers are set when the application is loaded.

    Does nothing in a process that is none of `hear_in_server`'s: it has its own way to stop.
    """
    if not signal.pthread_sigmask(signal.SIG_BLOCK, ()) >= _TO_STOP:
        return
    for which in _TO_STOP:
        signal.signal(which, signal.SIG_DFL)  # inherited: would stop the copy of another process
    threading.Thread(target=_worker_hears, name="signals", daemon=True).start()


def _first_hears() -> None:
    while (which := signal.sigwait(_ALL)) not in _TO_STOP:
        _tell(which)
    while True:  # granian forgets it if a worker ends at the same moment and is being replaced
        _tell(which)
        signal.sigtimedwait(_ALL, _REMINDING_SECONDS)


def _worker_hears() -> None:
    _tell(signal.sigwait(_TO_STOP))


def _tell(which: int) -> None:
    while not callable(handler := signal.getsignal(which)):
        clock.pause(_LOADING_SECONDS)
    handler(which, None)
