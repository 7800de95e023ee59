"""Searches files for what must not be there; and for what must be, since a search may be blind."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from consent_server.errors import CommandError


@dataclass(frozen=True, slots=True)
class Search:
    """What a search went through. hits: one line per kind of mark and file in which it is."""

    files: int
    size: int
    hits: tuple[str, ...]


def search(places: Iterable[Path], marks: Mapping[str, Sequence[bytes]]) -> Search:
    """Returns where marks are found.

    places: folders, searched with all below, and files. A dump of PostgreSQL is unpacked; bytes are
    in hexadecimal digits there. marks: by what they are.
    """
    hits: list[str] = []
    files = size = 0
    for path in _files(places):
        content = _content(path)
        files, size = files + 1, size + len(content)
        is_text = path.suffix == ".dump"
        for kind, wanted in marks.items():
            count = sum(
                mark in content or (is_text and mark.hex().encode() in content) for mark in wanted
            )
            if count:
                hits.append(f"{kind}: {count} of {len(wanted)} in {path}")
    return Search(files, size, tuple(hits))


def _files(places: Iterable[Path]) -> Iterator[Path]:
    for place in places:
        if place.is_file():
            yield place
        yield from (path for path in sorted(place.rglob("*")) if path.is_file())


def _content(path: Path) -> bytes:
    if path.suffix != ".dump":
        try:
            return path.read_bytes()
        except FileNotFoundError:  # a log that its server recycled meanwhile
            return b""
    program = shutil.which("pg_restore")
    if program is None:
        raise CommandError("pg_restore is not on PATH; without it a dump cannot be searched.")
    command = [program, "--file=-", str(path)]
    return subprocess.run(command, check=True, capture_output=True).stdout
