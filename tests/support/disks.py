"""Disks that fill up while a service writes to them, and folders that nobody may write to.

`SmallDisk` is a file system in memory, in a mount namespace of its own: it vanishes with the
process that holds it. A plain user may make one where the system lets users have namespaces.
`LimitedFiles` needs nothing at all: no file of the service may grow (`setrlimit(2)`), which SQLite
reports as an I/O error instead of a full disk. Where there is no namespace, only that is used.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
from functools import cache
from pathlib import Path

from support.service import Service

NO_BYTECODE = {"PYTHONDONTWRITEBYTECODE": "1"}  # else Python would leave modules cut off for all
_MEGABYTE = 1 << 20


class SmallDisk:
    """A file system of 24 MB; `path` is where the service sees it, `outside` where a test does."""

    def __init__(self, mount_point: Path) -> None:
        mount_point.mkdir()
        self.path = mount_point
        make = f"mount -t tmpfs -o size=24m tmpfs {mount_point} && echo ready && exec cat"
        self._holder = subprocess.Popen(
            [*_namespace(), "sh", "-c", make], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._holder.stdout is not None
        assert self._holder.stdout.readline() == b"ready\n"
        self.inside = ["nsenter", "--preserve-credentials", "-t", str(self._holder.pid), "-m"]
        if "-U" in _namespace():
            self.inside.append("-U")
        self.outside = Path(f"/proc/{self._holder.pid}/root{mount_point}")

    def fill(self) -> None:
        """Leaves no room at all."""
        with (self.outside / "filler").open("wb") as file:
            while _grow(file.fileno(), self.outside):
                pass

    def empty(self) -> None:
        """Gives the room back."""
        (self.outside / "filler").unlink()

    def close(self) -> None:
        """Ends the holder; the file system goes with it."""
        assert self._holder.stdin is not None
        assert self._holder.stdout is not None
        self._holder.stdin.close()
        self._holder.stdout.close()
        self._holder.wait(10)


class LimitedFiles:
    """The same by limits on the processes of a running service; it takes no privilege."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def fill(self) -> None:
        """Lets no file be written any more, not even where it was written before."""
        self._limit(0)

    def empty(self) -> None:
        """Lets files grow again."""
        self._limit(resource.RLIM_INFINITY)

    def _limit(self, size: int) -> None:
        for process in self._service.processes:
            _, hard = resource.prlimit(process, resource.RLIMIT_FSIZE)
            resource.prlimit(process, resource.RLIMIT_FSIZE, (size, hard))


def bound_by_permissions() -> list[str]:
    """Returns words before a program, under which folders that root may not write are closed to it.

    Root passes every permission by a capability; without it, root is a user as any other.
    """
    return ["setpriv", "--bounding-set", "-all"] if os.geteuid() == 0 else []


def short_of_room(size: int) -> list[str]:
    """Returns words before a program, under which no file that it writes may be larger (bytes)."""
    return ["env", *(f"{name}={value}" for name, value in NO_BYTECODE.items()),
            "prlimit", f"--fsize={size}"]  # fmt: skip


@cache
def can_mount() -> bool:
    """Whether this machine lets us have a file system of our own."""
    return bool(_namespace())


@cache
def _namespace() -> tuple[str, ...]:
    """Returns the words that run a program in a mount namespace of ours; none if none may."""
    ways = [("unshare", "-m")] if os.geteuid() == 0 else []
    for way in [*ways, ("unshare", "-U", "-r", "-m")]:
        try_it = [*way, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
        if shutil.which("unshare") and shutil.which("nsenter"):
            done = subprocess.run(try_it, capture_output=True, check=False)
            if done.returncode == 0:
                return way
    return ()


def _grow(descriptor: int, disk: Path) -> bool:
    free = shutil.disk_usage(disk).free
    if free:
        os.write(descriptor, bytes(min(free, _MEGABYTE)))
    return bool(free)
