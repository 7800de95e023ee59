"""A scratch pad for the count of one day: exact however many visits there are, in little memory.

A private SQLite database without a name: SQLite itself makes its file, removes it from the folder
at once and spills to it what does not fit into eight megabytes. It holds only numbers: keyed hashes
under the day's key, of which nothing can be read or linked once that key is gone, and row numbers
of visits, by which the few values that are kept are read again at the end.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from consent_server.statistics.rules import DIMENSIONS

_CACHE_KIB: Final = 8192
_COLUMNS: Final = ("site", "visit", "is_robot", "is_asked", "visitor", *DIMENSIONS)
_PEOPLE: Final = "FROM visits WHERE site = ? AND NOT is_robot"


@dataclass(frozen=True, slots=True)
class Found:
    """A value of a dimension. visit: row number of one visit that has it."""

    value: int
    visits: int
    visitors: int
    visit: int


class Scratch:
    """All visits of a day as numbers (signed, 64 bits). Raises sqlite3.Error on a full disk."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add(self, rows: Iterable[Sequence[int]]) -> None:
        """Adds visits: site, row number, whether a robot, whether the visitor had decided nothing
        yet, visitor, and a value per dimension."""
        marks = ", ".join("?" * len(_COLUMNS))
        self._connection.executemany(f"INSERT OR IGNORE INTO visits VALUES ({marks})", rows)  # noqa: S608

    def sites(self) -> list[int]:
        """Returns the sites that were visited."""
        found = self._connection.execute("SELECT DISTINCT site FROM visits ORDER BY site")
        return [site for (site,) in found]

    def people(self, site: int) -> tuple[int, int]:
        """Returns visits and visitors of a site, robots left out."""
        return self._two(f"SELECT count(*), count(DISTINCT visitor) {_PEOPLE}", [site])

    def asked(self, site: int) -> tuple[int, int]:
        """Returns visits and visitors of a site that came without a decision, robots left out."""
        query = f"SELECT count(*), count(DISTINCT visitor) {_PEOPLE} AND is_asked"
        return self._two(query, [site])

    def robots(self, site: int) -> tuple[int, int]:
        """Returns visits and visitors of a site that are robots."""
        query = "SELECT count(*), count(DISTINCT visitor) FROM visits WHERE site = ? AND is_robot"
        return self._two(query, [site])

    def largest(self, site: int, dimension: str, *, least: int, most: int) -> list[Found]:
        """Returns the values that most visitors share, at least so many and at most so many."""
        query = (
            f"SELECT {dimension}, count(*), count(DISTINCT visitor) AS visitors, min(visit) "
            f"{_PEOPLE} GROUP BY {dimension} HAVING visitors >= ? "
            "ORDER BY visitors DESC, 2 DESC, 1 LIMIT ?"
        )
        return [Found(*row) for row in self._connection.execute(query, [site, least, most])]

    def rest(self, site: int, dimension: str, but: Sequence[Found]) -> tuple[int, int]:
        """Returns visits and visitors of a site that have another value than these."""
        marks = ", ".join("?" * len(but))
        query = (
            f"SELECT count(*), count(DISTINCT visitor) {_PEOPLE} AND {dimension} NOT IN ({marks})"
        )
        return self._two(query, [site, *(found.value for found in but)])

    def _two(self, query: str, values: Sequence[int]) -> tuple[int, int]:
        row: tuple[int, int] = self._connection.execute(query, values).fetchone()
        return row


@contextmanager
def scratch() -> Iterator[Scratch]:
    """A pad that is gone with whoever used it, even when the process is killed."""
    # the empty name: a file of SQLite's own, unlinked while open
    connection = sqlite3.connect("", isolation_level=None, check_same_thread=False)
    try:
        for pragma in ("journal_mode=OFF", "synchronous=OFF", f"cache_size=-{_CACHE_KIB}"):
            connection.execute(f"PRAGMA {pragma}")
        columns = ", ".join(f"{name} INTEGER NOT NULL" for name in _COLUMNS)
        connection.execute(
            f"CREATE TABLE visits ({columns}, PRIMARY KEY (site, visit)) WITHOUT ROWID"
        )
        yield Scratch(connection)
    finally:
        connection.close()
