"""Reads SQLite's write-ahead log as its file format says, to tell whether part of it is lost.

SQLite itself passes over whatever does not fit the chain of checksums, in silence: a log with a
garbled header counts as empty, and everything behind a garbled page is gone. Source: "WAL-mode File
Format", https://www.sqlite.org/walformat.html. Only reads.
"""

from __future__ import annotations

import struct
import sys
from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_MAGIC: Final = 0x377F0682  # its last bit says in which byte order checksums are counted
_HEADER_BYTES: Final = 32
_FRAME_HEADER_BYTES: Final = 24
_MOST_BYTES: Final = 16 << 20  # SQLite empties it at 4 MB; counting costs 20 ms for each of them

Sums = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Log:
    """is_damaged: SQLite passes over all of it. lost_frames: pages behind the first bad one."""

    is_damaged: bool = False
    lost_frames: int = 0


def path_of(database: Path) -> Path:
    """Returns where SQLite keeps the log of a database."""
    return database.with_name(f"{database.name}-wal")


def look(path: Path) -> Log:
    """Returns what is wrong with a log; one that is absent or empty is fine."""
    if not path.exists() or (size := path.stat().st_size) == 0:
        return Log()
    content = path.read_bytes() if size <= _MOST_BYTES else b""
    header = content[:_HEADER_BYTES] if content else _first_bytes(path)
    if len(header) < _HEADER_BYTES:
        return Log()  # the very first write was cut off; nothing was acknowledged by it
    magic, _, page_bytes, _, salt_1, salt_2, sum_1, sum_2 = struct.unpack(">8I", header)
    is_big = bool(magic & 1)
    sums = _summed(header[:24], (0, 0), is_big=is_big)
    if magic & ~1 != _MAGIC or sums != (sum_1, sum_2):
        return Log(is_damaged=True)
    return Log(lost_frames=_lost(content, page_bytes, (salt_1, salt_2), sums, is_big=is_big))


def _lost(content: bytes, page_bytes: int, salts: Sums, sums: Sums, *, is_big: bool) -> int:
    """Returns how many frames of this log's generation stand behind the first that does not fit."""
    frame_bytes = _FRAME_HEADER_BYTES + page_bytes
    starts = range(_HEADER_BYTES, len(content) - frame_bytes + 1, frame_bytes)
    for number, start in enumerate(starts):
        frame = content[start : start + frame_bytes]
        _, _, salt_1, salt_2, sum_1, sum_2 = struct.unpack(">6I", frame[:_FRAME_HEADER_BYTES])
        sums = _summed(frame[:8] + frame[_FRAME_HEADER_BYTES:], sums, is_big=is_big)
        if (salt_1, salt_2) != salts or sums != (sum_1, sum_2):
            behind = starts[number + 1 :]
            return sum(struct.unpack(">2I", content[at + 8 : at + 16]) == salts for at in behind)
    return 0


def _summed(part: bytes, sums: Sums, *, is_big: bool) -> Sums:
    words = array("I", part)
    if is_big != (sys.byteorder == "big"):
        words.byteswap()
    one, two = sums
    pairs = iter(words)
    for first, second in zip(pairs, pairs, strict=True):
        one = (one + first + two) & 0xFFFFFFFF
        two = (two + second + one) & 0xFFFFFFFF
    return one, two


def _first_bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEADER_BYTES)
