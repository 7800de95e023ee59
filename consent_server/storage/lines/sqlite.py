"""CSV lines out of SQLite: a page leaves it as one long text.

To fetch cells one by one costs more than to read them, and to build finished lines in SQL costs
most of all (dashes in UUIDs). So SQLite only strings the cells together, of all rows of a page,
in one step, during which the interpreter is free for other threads. Here they are finished piece
by piece: what repeats in many rows is escaped once and remembered, the rest has a fixed form,
which is looked at.

Each page is a short read: a long one would keep the WAL from being truncated, and destruction
ends with that.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from itertools import groupby
from typing import Any, Final, Protocol

from sqlalchemy import JSON, Boolean, Connection, Integer, Select, String, Uuid, func, select
from sqlalchemy.sql.elements import ColumnElement

from consent_server.storage.lines.pages import CellWriter, LineQuery, Page

PAGE_ROWS: Final = 2000
_REMEMBERED: Final = 10_000  # different values; about 3 MB
_PIECE, _CELL = "\x1e", "\x1f"  # ASCII's own separators of records and units
_HEX: Final = b"0123456789abcdef"
_UUID: Final = "########-####-####-####-############"

Column = ColumnElement[Any]


class LineReader:
    """Reads pages; remembers repeated cells from one page to the next.

    write_cells: writes the cells of one row, escaped, with commas between.
    ahead: how many pages are best read in advance.
    """

    ahead = 2

    def __init__(self, query: LineQuery, write_cells: CellWriter) -> None:
        self._columns = list(query.select.selected_columns)
        kinds: dict[str, Callable[[list[Column]], _Piece]] = {
            "plain": _Plain,
            "uuids": _Uuids,
            "repeating": lambda columns: _Repeating(columns, write_cells),
            "fixed": _Fixed,
        }
        self._pieces = [kinds[kind](columns) for kind, columns in _grouped(query)]
        self._page = self._page_of(query)

    def fetch(self, connection: Connection, after_id: int) -> list[Page]:
        """Reads the next rows; nothing is left to read when there are none."""
        rows, last_id, text = connection.execute(self._page, {"after_id": after_id}).one()
        return [Page(rows, last_id, partial(self._finish, rows, text))] if rows else []

    def _page_of(self, query: LineQuery) -> Select[Any]:
        row_id = query.select.selected_columns["id"]
        cells = func.printf(_PIECE.join(piece.form for piece in self._pieces), *self._columns)
        page = query.page(PAGE_ROWS).with_only_columns(row_id, cells.label("cells"))
        found = page.subquery()
        return select(func.count(), func.max(found.c.id), func.group_concat(found.c.cells, _PIECE))

    def _finish(self, rows: int, text: str) -> bytes | None:
        found = text.split(_PIECE)
        count = len(self._pieces)
        if len(found) != rows * count:
            return None  # the separator stands in a cell
        columns = [piece.finish(found[i::count]) for i, piece in enumerate(self._pieces)]
        if None in columns:
            return None
        return ("\r\n".join(map(",".join, zip(*columns, strict=True))) + "\r\n").encode()


class _Piece(Protocol):
    """Some neighbouring cells of every line."""

    form: str  # how SQLite prints them

    def finish(self, cells: list[str]) -> list[str] | None:
        """Returns them as they stand in each line; None when they are not as foreseen."""


class _Plain:
    """Site and row number: nothing to do."""

    def __init__(self, columns: list[Column]) -> None:
        self.form = ",".join(["%s"] * len(columns))

    def finish(self, cells: list[str]) -> list[str]:
        return cells


class _Uuids:
    """Kept as 32 hexadecimal digits. Each digit is moved to its place in all rows at once."""

    def __init__(self, columns: list[Column]) -> None:
        self.form = "%s" * len(columns)
        self._row = (",".join([_UUID] * len(columns)) + _PIECE).encode()
        self._places = [place for place, sign in enumerate(self._row) if sign == ord("#")]

    def finish(self, cells: list[str]) -> list[str] | None:
        digits = "".join(cells).encode()
        if digits.translate(None, _HEX) or len(digits) != len(cells) * len(self._places):
            return None
        written = bytearray(self._row * len(cells))
        for number, place in enumerate(self._places):
            written[place :: len(self._row)] = digits[number :: len(self._places)]
        return written.decode()[:-1].split(_PIECE)


class _Repeating(dict[str, str]):
    """Cells with few different values: escaped at their first coming."""

    def __init__(self, columns: list[Column], write_cells: CellWriter) -> None:
        super().__init__()
        self.form = _CELL.join(["%s"] * len(columns))
        self._columns = columns
        self._write_cells = write_cells

    def finish(self, cells: list[str]) -> list[str] | None:
        try:
            return list(map(self.__getitem__, cells))
        except ValueError:  # the separator stands in a cell
            return None

    def __missing__(self, stored: str) -> str:
        cells = zip(self._columns, stored.split(_CELL), strict=True)
        written = self._write_cells([_value(column, cell) for column, cell in cells])
        if len(self) >= _REMEMBERED:
            self.clear()
        self[stored] = written
        return written


class _Fixed:
    """Times and hexadecimal texts: without their digits, every row must look the same."""

    def __init__(self, columns: list[Column]) -> None:
        texts = [column.type for column in columns if isinstance(column.type, String)]
        times = len(columns) - len(texts)
        are_texts = [isinstance(column.type, String) for column in columns]
        self.form = ",".join("%s" if is_text else "%s+00:00" for is_text in are_texts)
        signs = ",".join("" if is_text else "-- ::.+:" for is_text in are_texts)
        self._signs = (signs + _PIECE).encode()
        self._width = (
            sum(kind.length or 0 for kind in texts)
            + len("2026-01-15T00:30:00.123456+00:00") * times
            + len(columns)  # commas, and the separator
        )

    def finish(self, cells: list[str]) -> list[str] | None:
        text = _PIECE.join([*cells, ""])
        signs = text.encode().translate(None, _HEX)
        if len(text) != self._width * len(cells) or signs != self._signs * len(cells):
            return None
        return text[:-1].replace(" ", "T").replace(".000000+", "+").split(_PIECE)


def _grouped(query: LineQuery) -> Iterator[tuple[str, list[Column]]]:
    """Splits a line into pieces of neighbouring cells of one kind."""

    def kind(column: Column) -> str:
        if column.key in query.repeating:
            return "repeating"
        if isinstance(column.type, Uuid):
            return "uuids"
        return "plain" if column.key in ("site", "id") else "fixed"

    for found, columns in groupby(query.select.selected_columns, kind):
        yield found, list(columns)


def _value(column: Column, stored: str) -> Any:
    match column.type:
        case JSON():
            return json.loads(stored)
        case Boolean():
            return stored == "1"
        case Integer():
            return int(stored)
    return stored
