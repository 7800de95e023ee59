"""What a service is told by signals is heard when it can be, and no more often than needed."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading

from consent_server import stopping

BEGIN = """
import os, signal, threading
from consent_server import stopping

heard = []

def note(which, _):
    heard.append((int(which), threading.current_thread().name))

def hear(*signals):
    for which in signals:
        signal.signal(which, note)

def tell(*signals):
    for which in signals:
        os.kill(os.getpid(), which)

def listener():
    return next(thread for thread in threading.enumerate() if thread.name == "signals")
"""


def printed(program: str) -> str:
    """Runs a program in a process of its own, whose signals may be blocked."""
    return subprocess.run(
        [sys.executable, "-c", BEGIN + program],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout


def test_a_worker_that_is_told_to_stop_while_it_loads_stops_when_it_has_loaded() -> None:
    program = """
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
hear(signal.SIGTERM)
stopping.hear_in_worker()
tell(signal.SIGTERM, signal.SIGTERM)
inherited = list(heard)
hear(signal.SIGTERM)
listener().join()
print(inherited, heard)
"""

    assert printed(program) == "[] [(15, 'signals')]\n"


def test_the_first_process_hears_all_that_comes_and_is_reminded_that_it_shall_stop() -> None:
    program = """
hear(signal.SIGHUP, signal.SIGTERM, signal.SIGINT)
stopping.hear_in_server()
tell(signal.SIGHUP)
while not heard:
    pass
tell(signal.SIGTERM)
while len(heard) < 3:
    pass
print(heard[:3])
"""

    assert printed(program) == "[(1, 'signals'), (15, 'signals'), (15, 'signals')]\n"


def test_elsewhere_an_application_leaves_signals_alone() -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ()), signal.getsignal(signal.SIGTERM)

    stopping.hear_in_worker()

    after = signal.pthread_sigmask(signal.SIG_BLOCK, ()), signal.getsignal(signal.SIGTERM)
    assert after == before
    assert "signals" not in {thread.name for thread in threading.enumerate()}
