"""Where databases of a measurement lie: on a real disk, never in memory, and how quick it is."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from bench.deployment import ROOT

_PLACES = (Path("/var/tmp"), Path(tempfile.gettempdir()), ROOT)  # noqa: S108  # looked at below
_IN_MEMORY = ("tmpfs", "ramfs")
_BLOCK = bytes(4096)
_SYNCS = 200


@contextmanager
def folder_on_disk() -> Iterator[Path]:
    """Makes a folder on a disk; it is removed at the end. Raises SystemExit without a disk."""
    place = next((one for one in _PLACES if is_on_disk(one)), None)
    if place is None:
        raise SystemExit("bench: /var/tmp, /tmp and the checkout are all in memory, not on a disk")
    with tempfile.TemporaryDirectory(prefix="consent-bench-", dir=place) as made:
        Path(made).chmod(0o755)  # PostgreSQL runs as another account
        yield Path(made)


def is_on_disk(place: Path) -> bool:
    """Returns whether what is written there outlasts the machine's memory."""
    return place.is_dir() and os.access(place, os.W_OK) and file_system(place) not in _IN_MEMORY


def file_system(place: Path, mounts: str | None = None) -> str:
    """Returns the kind of file system a folder lies on. mounts: the text of /proc/mounts."""
    text = Path("/proc/mounts").read_text() if mounts is None else mounts
    found = ("", "unknown")
    for line in text.splitlines():
        _, point, kind, *_ = line.split()
        if place.resolve().is_relative_to(point) and len(point) >= len(found[0]):
            found = (point, kind)
    return found[1]


def fsync_ms(place: Path) -> float:
    """Returns how long a 4 KiB overwrite takes until it is on disk, the median of 200."""
    with tempfile.TemporaryFile(dir=place) as file:
        return round(median(_synced(file.fileno()) for _ in range(_SYNCS)) * 1000, 3)


def _synced(descriptor: int) -> float:
    started = time.perf_counter()
    os.pwrite(descriptor, _BLOCK, 0)
    os.fsync(descriptor)
    return time.perf_counter() - started
