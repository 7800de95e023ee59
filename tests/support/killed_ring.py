"""Run as a program: does something to copies of a ring, killed at each step that touches the disk.

    python killed_ring.py RING COPIES ACT

RING is copied to COPIES/1, COPIES/2 and so on; in the n-th copy a child process does ACT and dies,
as by SIGKILL, right before its n-th call of the system that writes, names, orders or removes. The
last copy is the one whose child came through. Every file is written in two halves, so that it may
be cut off in between.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from consent_server.keys.ring import KeyRing

DOOMED = date(2026, 1, 15)
NEW = date(2026, 1, 20)
ROW = UUID("3f2b8a52-6d0e-4c6f-9a55-0d1f6f1f2a3b")
_TOUCHING = ("write", "fsync", "link", "unlink", "rename", "mkdir", "rmdir")


def destroy(folder: Path) -> None:
    """Destroys one day and rolls."""
    KeyRing(folder).destroy_all([DOOMED])


def make(folder: Path) -> None:
    """Makes a key, and the ring if there is none."""
    KeyRing(folder).encrypt("visit", NEW, ROW, b"new")


def look(folder: Path) -> None:
    """Opens a ring, which takes an earlier layout over, or finishes what another left."""
    KeyRing(folder).check()


ACTS = {act.__name__: act for act in (destroy, make, look)}


def main(ring: Path, copies: Path, act: Callable[[Path], None]) -> None:
    """Makes copies until a child comes through."""
    step, was_killed = 0, True
    while was_killed:
        step += 1
        copy = copies / str(step)
        shutil.copytree(ring, copy)
        child = os.fork()
        if child == 0:
            _die_before(step)
            act(copy)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        was_killed = os.WIFSIGNALED(status)
        assert was_killed or status == 0, f"step {step} failed by itself"


def _die_before(step: int) -> None:
    left = step

    def counted(call: Callable[..., Any]) -> Callable[..., Any]:
        def count_and_call(*arguments: Any, **options: Any) -> Any:
            nonlocal left
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*arguments, **options)

        return count_and_call

    for name in _TOUCHING:
        setattr(os, name, counted(getattr(os, name)))
    os.write = _in_halves(os.write)


def _in_halves(write: Callable[[int, Any], int]) -> Callable[[int, Any], int]:
    """Returns a write that at first takes half of what it is given, as the system may."""
    halved: set[int] = set()

    def write_half(file: int, content: Any) -> int:
        halved.symmetric_difference_update({file})
        part = memoryview(content)
        return write(file, part[: len(part) // 2] if file in halved else part)

    return write_half


def die_over(ring: Path, act: str, copies: Path) -> list[Path]:
    """Returns a copy of a ring for each step at which a process doing `act` was killed over it.

    The last one is of the process that came through.
    """
    copies.mkdir()
    subprocess.run([sys.executable, __file__, ring, copies, act], check=True, timeout=60)
    return sorted(copies.iterdir(), key=lambda path: int(path.name))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), ACTS[sys.argv[3]])
