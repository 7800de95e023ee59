"""The journal of erasures: whose visits were asked to go, for as long as those could come back.

It lies beside the key ring, outside both databases and every backup: a database that was restored
from an older copy finds here what it must remove again. One file per calendar day of the visits,
32 bytes a line: a keyed hash of the visitor, the site, the instant up to which visits go. The hash
is made with the key of the day; once that is destroyed nobody can tell whom a line meant, and the
file goes too. Never holds an id, an address or anything else that says who it was.
"""

from __future__ import annotations

import errno
import fcntl
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

_LINE: Final = struct.Struct(">16sQQ")  # hash, row number of the site, microseconds since 1970
_START: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Line:
    """Visits of one visitor on one site, recorded up to an instant, are erased."""

    visitor_hash: bytes
    site_id: int
    until: datetime


@dataclass(frozen=True, slots=True)
class Lines:
    """Some lines of a day, in the order in which they were added; `first` others come before."""

    first: int
    lines: list[Line]


class Journal:
    """The files below one folder, which is made on first use and shared by all nodes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def append(self, lines: Mapping[date, Line]) -> None:
        """Adds a line per day and waits until they are on disk.

        A line that was cut off when a disk was full or a process killed is removed first. Raises
        OSError; then some of the lines may have been added, which may be done again.
        """
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for day, line in lines.items():
            self._add(day, line)
        _sync(self._folder)

    def lines(self, day: date, after: int = 0) -> Lines:
        """Returns the lines of a day behind the first `after`; of a shorter file, all of them."""
        try:
            content = self._path(day).read_bytes()
        except FileNotFoundError:
            content = b""
        count = len(content) // _LINE.size
        first = after if after <= count else 0
        whole = content[first * _LINE.size : count * _LINE.size]
        found = [
            Line(visitor_hash, site_id, _START + microseconds * _MICROSECOND)
            for visitor_hash, site_id, microseconds in _LINE.iter_unpack(whole)
        ]
        return Lines(first, found)

    def days(self) -> list[date]:
        """Returns the days that have lines, oldest first."""
        if not self._folder.is_dir():
            return []
        return sorted(date.fromisoformat(path.stem) for path in self._folder.glob("*.erased"))

    def forget(self, day: date) -> None:
        """Removes the lines of a day whose visits and key are destroyed; may be repeated."""
        self._path(day).unlink(missing_ok=True)
        _sync(self._folder)

    def _add(self, day: date, line: Line) -> None:
        microseconds = (line.until - _START) // _MICROSECOND
        packed = _LINE.pack(line.visitor_hash, line.site_id, microseconds)
        descriptor = os.open(self._path(day), os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+b", buffering=0) as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # other processes and nodes add lines too
            count = os.fstat(descriptor).st_size // _LINE.size
            file.truncate(count * _LINE.size)
            if os.pwrite(descriptor, packed, count * _LINE.size) < _LINE.size:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self._path(day)))
            os.fsync(descriptor)

    def _path(self, day: date) -> Path:
        return self._folder / f"{day.isoformat()}.erased"


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
