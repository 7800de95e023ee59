"""Looks for expired visits in the raw bytes of files, past the database and its own opinion.

In SQLite's record format the columns of a row lie side by side, so a visit is known by three of
them: time, day and last instant, written one after the other. Wherever they stand (a table page, a
free page, the slack of a page, the write-ahead log, a rollback journal), a record of that visit is
there, or a part of it. How many live ones are recognised is told too: none in a file that has some
would mean that the search is blind. Source: "Database File Format",
https://www.sqlite.org/fileformat2.html. Only reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Engine

from consent_server.storage.copies.wal import path_of
from consent_server.storage.partitions.keeper import partitions

_INSTANT: Final = rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}"  # as SQLAlchemy writes it
_VISIT: Final = re.compile(rb"(" + _INSTANT + rb")\d{4}-\d\d-\d\d(" + _INSTANT + rb")")
_VISIT_BYTES: Final = 26 + 10 + 26
_PART_BYTES: Final = 8 << 20


@dataclass(frozen=True, slots=True)
class Look:
    """One place that was looked at, and what was found. traces: records that should be gone."""

    place: str
    found: str
    traces: int = 0


@dataclass(frozen=True, slots=True)
class Limit:
    """What counts as too old: the last instant that has come, or the time of the record."""

    instant: datetime
    by_record_time: bool = False


def look_at(engine: Engine, name: str, table: str, limit: Limit) -> Iterator[Look]:
    """Yields what there is to see of a database besides its rows. name: of the database."""
    if engine.dialect.name == "postgresql":
        yield _partitions(engine, name, table, limit.instant)
        return
    file = Path(str(engine.url.database))
    for path in (file, path_of(file), file.with_name(f"{file.name}-journal")):
        yield _file(path, name, limit)


def _partitions(engine: Engine, name: str, table: str, now: datetime) -> Look:
    with engine.connect() as connection:
        found = partitions(connection, table)
    over = sum(each.gone_at <= now for each in found)
    return Look(
        f"{name} database, partitions of {table}",
        f"{len(found)} partitions, {over} of them past their end; the server's own log (WAL), its "
        "archives and base backups keep ciphertext, whose key is what dies",
    )


def _file(path: Path, name: str, limit: Limit) -> Look:
    place = f"{name} database, {path.name}"
    if not path.exists():
        return Look(place, "is not there")
    seen = old = size = 0
    for recorded_at, gone_at in _visits_in(path):
        seen += 1
        old += (recorded_at < limit.instant) if limit.by_record_time else gone_at <= limit.instant
    size = path.stat().st_size
    return Look(place, f"{size} bytes, {seen} records of visits, {old} of them too old", old)


def _visits_in(path: Path) -> Iterator[tuple[datetime, datetime]]:
    """Yields recorded_at and gone_at of every visit whose bytes are found in a file."""
    kept = b""
    with path.open("rb") as file:
        while part := file.read(_PART_BYTES):
            part, end = kept + part, 0
            for match in _VISIT.finditer(part):
                end = match.end()
                yield _instant(match[1]), _instant(match[2])
            kept = part[max(end, len(part) - _VISIT_BYTES + 1) :]


def _instant(text: bytes) -> datetime:
    try:
        return datetime.fromisoformat(text.decode()).replace(tzinfo=UTC)
    except ValueError:  # digits that are no date: whatever it is, it must not be passed over
        return datetime.min.replace(tzinfo=UTC)
