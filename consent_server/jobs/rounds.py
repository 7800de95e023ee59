"""APScheduler with a thread whose waits end by themselves, whatever happens to the clocks.

The library's own thread waits on a lock with a time-out. Where the clock is set forward meanwhile,
a machine was asleep, or a program runs under `faketime` (which turns the clock that such waits are
measured by), that wait is far too long or never ends, and nothing would be destroyed. So this one
waits in `select`, never long, and asks the clock again.
"""

from __future__ import annotations

import select
import socket
import threading
from typing import Any, Final

from apscheduler.schedulers.base import STATE_STOPPED, BaseScheduler

_LONGEST_WAIT_SECONDS: Final = 5.0  # after this a clock that was set is noticed; costs nothing


class RoundsScheduler(BaseScheduler):
    """Runs jobs in the background; the extension point is APScheduler's own (BaseScheduler)."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)  # type: ignore[no-untyped-call]  # the library has no types
        self._ear: socket.socket
        self._bell: socket.socket
        self._thread: threading.Thread | None = None

    def start(self, paused: bool = False) -> None:
        """Starts the thread and returns at once."""
        self._ear, self._bell = socket.socketpair()
        self._bell.setblocking(False)
        super().start(paused)  # type: ignore[no-untyped-call]  # the library has no types
        self._thread = threading.Thread(target=self._go_round, name="jobs", daemon=True)
        self._thread.start()

    def shutdown(self, wait: bool = True) -> None:
        """Stops; a running job is waited for if `wait` says so."""
        super().shutdown(wait)  # type: ignore[no-untyped-call]  # the library has no types
        self.wakeup()
        assert self._thread is not None
        self._thread.join()
        self._ear.close()
        self._bell.close()

    def wakeup(self) -> None:
        """Ends the present wait: a job was added, or the end has come."""
        try:
            self._bell.send(b"!")
        except BlockingIOError:
            return  # it has been rung often enough

    def _go_round(self) -> None:
        while self.state != STATE_STOPPED:
            due_in_seconds = self._process_jobs()  # type: ignore[no-untyped-call]  # the library has no types
            self._wait(min(due_in_seconds or _LONGEST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS))

    def _wait(self, seconds: float) -> None:
        is_rung, _, _ = select.select([self._ear], [], [], seconds)
        if is_rung:
            self._ear.recv(4096)
