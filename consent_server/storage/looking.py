"""Reads a page of a table by row number and looks through a bounded number of rows for it.

A page begins at the row number with which its neighbour ended, so it costs the same however far
down it is, in both directions. Where few rows fit, a database would read on to the end of the
table; so a page gives up after some time or so many rows, and says where. The next one goes on
there: nothing is left out, and no page takes long. Time alone would do, but for the many rows
of a small site, which lie all over the table and take ten times as long as neighbours do.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, func, select

from consent_server import clock

PAGE_ROWS: Final = 50
MOST_LOOKED: Final = 40_000  # rows; for one page
MOST_SECONDS: Final = 0.015  # for one page; the look that has begun then is finished
_FIRST_LOOK: Final = 2_000  # rows; enough for most filters, and every page gets as far
_NEXT_LOOK: Final = 4_000  # rows; half of them again would cost more in statements than it saves
_LAST: Final = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins: the rows next below a number, or next above one; else the newest."""

    below: int | None = None
    above: int | None = None

    @property
    def is_upward(self) -> bool:
        """Whether rows are looked for from the old to the new."""
        return self.above is not None


@dataclass(frozen=True, slots=True)
class Piece:
    """Row numbers among which rows may fit, both ends included. ids: these alone, if given."""

    first: int = 0
    last: int = _LAST
    ids: Sequence[int] = ()

    @property
    def length(self) -> int:
        """How many rows it can have."""
        return max(0, self.last - self.first + 1)


EVERYWHERE: Final = Piece()


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for.

    table: with `id` and `recorded_at`. walk: conditions that an index serves, besides the row
    number; fits: all others. most, seconds: how far and how long a page looks.
    """

    table: Table
    walk: Sequence[ColumnElement[bool]] = ()
    fits: Sequence[ColumnElement[bool]] = ()
    most: int = MOST_LOOKED
    seconds: float = MOST_SECONDS


@dataclass(frozen=True, slots=True)
class Stop:
    """Where a page gave up looking. looked: through so many rows; at: the last one's time."""

    row_id: int
    looked: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Page:
    """Rows that fit, the newest first. older, newer: where the neighbours begin; None: no more."""

    rows: Sequence[Row[Any]] = ()
    older: Place | None = None
    newer: Place | None = None
    stop: Stop | None = None


@dataclass(slots=True)
class _Found:
    search: Search
    until: float  # by the monotonic clock
    rows: list[Row[Any]] = field(default_factory=list)
    looked: int = 0
    stop: Stop | None = None

    @property
    def missing(self) -> int:
        """How many rows a full page lacks; the one more tells that there is a neighbour."""
        return PAGE_ROWS + 1 - len(self.rows)

    @property
    def room(self) -> int:
        """How many rows may be looked through next; 0 when the page gives up."""
        left = self.search.most - self.looked
        if self.looked < _FIRST_LOOK:
            return min(left, _FIRST_LOOK - self.looked)
        return min(left, _NEXT_LOOK) if time.monotonic() < self.until else 0


def read_page(
    connection: Connection, search: Search, place: Place, pieces: Iterable[Piece] = (EVERYWHERE,)
) -> Page:
    """Returns the page that begins at a place.

    pieces: where rows may fit, none overlapping another, in the order in which they are looked
    through: from the new to the old, or upward as the place says.
    """
    found = _Found(search, until=time.monotonic() + search.seconds)
    for each in pieces:
        piece = _clipped(each, place)
        if not piece.length or (each.ids and not piece.ids):
            continue
        if room := found.room:
            _look(connection, place, piece, found, room)
        else:
            found.stop = _before(connection, search, place, piece, found.looked)
        if found.stop is not None or not found.missing:
            break
    return _upward(place, found) if place.is_upward else _downward(place, found)


def _look(connection: Connection, place: Place, piece: Piece, found: _Found, room: int) -> None:
    search = found.search
    if not search.fits or piece.ids or piece.length <= _FIRST_LOOK:
        found.rows += _rows(connection, search, place, piece, found.missing)
        found.looked += len(piece.ids) or min(piece.length, _FIRST_LOOK)
        return
    stop = None
    while room:
        edge = _edge(connection, search, place, piece, room)
        near, rest = _split(piece, place, edge)
        found.rows += _rows(connection, search, place, near, found.missing)
        found.looked += room if edge else _count(connection, search, near)
        if edge is None or not found.missing:
            return
        stop, piece = Stop(edge.id, found.looked, edge.recorded_at), rest
        room = found.room
    found.stop = stop


def _clipped(piece: Piece, place: Place) -> Piece:
    first = piece.first if place.above is None else max(piece.first, place.above + 1)
    last = piece.last if place.below is None else min(piece.last, place.below - 1)
    return Piece(first, last, tuple(number for number in piece.ids if first <= number <= last))


def _split(piece: Piece, place: Place, edge: Any) -> tuple[Piece, Piece]:
    """Returns what is looked through now, and what lies behind it."""
    if edge is None:
        return piece, piece
    if place.is_upward:
        return replace(piece, last=edge.id), replace(piece, first=edge.id + 1)
    return replace(piece, first=edge.id), replace(piece, last=edge.id - 1)


def _edge(connection: Connection, search: Search, place: Place, piece: Piece, rows: int) -> Any:
    """Returns the last one of so many rows; None when there are fewer. Reads an index alone."""
    columns = search.table.c
    number = _within(select(columns.id), search, piece)
    number = number.order_by(_order(search, place)).offset(rows - 1).limit(1)
    query = select(columns.id, columns.recorded_at).where(
        columns.id == number.scalar_subquery(), *search.walk
    )
    return connection.execute(query).first()


def _before(
    connection: Connection, search: Search, place: Place, piece: Piece, looked: int
) -> Stop:
    """Returns the stop in front of a piece that is not looked at any more."""
    number, at = search.table.c.id, search.table.c.recorded_at
    row_id = piece.first - 1 if place.is_upward else piece.last + 1
    passed = number <= row_id if place.is_upward else number >= row_id
    near = number.desc() if place.is_upward else number
    passed_at = connection.execute(select(at).where(passed).order_by(near).limit(1)).scalar()
    return Stop(row_id, looked, passed_at or clock.now())  # now: what was passed is destroyed


def _count(connection: Connection, search: Search, piece: Piece) -> int:
    query = _within(select(func.count()).select_from(search.table), search, piece)
    return int(connection.execute(query).scalar_one())


def _rows(
    connection: Connection, search: Search, place: Place, piece: Piece, most: int
) -> Sequence[Row[Any]]:
    query = _within(select(search.table), search, piece).where(*search.fits)
    return connection.execute(query.order_by(_order(search, place)).limit(most)).all()


def _within(query: Select[Any], search: Search, piece: Piece) -> Select[Any]:
    number = search.table.c.id
    query = query.where(*search.walk)
    if piece.ids:
        return query.where(number.in_(piece.ids))
    if piece.first > EVERYWHERE.first:
        query = query.where(number >= piece.first)
    if piece.last < EVERYWHERE.last:
        query = query.where(number <= piece.last)
    return query


def _order(search: Search, place: Place) -> ColumnElement[Any]:
    number: ColumnElement[Any] = search.table.c.id
    return number if place.is_upward else number.desc()


def _downward(place: Place, found: _Found) -> Page:
    rows = found.rows[:PAGE_ROWS]
    older = Place(below=found.stop.row_id) if found.stop else None
    if len(found.rows) > PAGE_ROWS:
        older = Place(below=rows[-1].id)
    newer = None
    if place.below is not None:
        newer = Place(above=rows[0].id if rows else place.below - 1)
    return Page(rows, older, newer, found.stop)


def _upward(place: Place, found: _Found) -> Page:
    rows = found.rows[:PAGE_ROWS][::-1]
    newer = Place(above=found.stop.row_id) if found.stop else None
    if len(found.rows) > PAGE_ROWS:
        newer = Place(above=rows[0].id)
    older = Place(below=rows[-1].id) if rows else Place(below=(place.above or 0) + 1)
    return Page(rows, older, newer, found.stop)
