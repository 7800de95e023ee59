"""CSV lines out of SQLite: the columns leave it in a few long texts, and meet again in lines.

To fetch cells one by one costs more than to read them, and to build whole lines in SQL costs
most of all (dashes in UUIDs). So one page is one row: for each piece of the line, the pieces of all
rows in one text. Meanwhile the interpreter is free for other threads. What repeats in many rows
is escaped once and remembered; the rest has a fixed form, which is looked at.

Each page is a short read: a long one would keep the WAL from being truncated, and destruction
ends with that.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final, Protocol

from sqlalchemy import JSON, Boolean, Connection, Integer, String, Uuid, func, select
from sqlalchemy.sql.elements import ColumnElement

from consent_server.storage.lines import CellWriter, LineQuery, Page

PAGE_ROWS: Final = 4000
_REMEMBERED: Final = 10_000  # different values; about 3 MB
_ROW, _CELL = "\x1e", "\x1f"  # ASCII's own separators of records and units
_HEX: Final = b"0123456789abcdef"
_UUID: Final = "########-####-####-####-############"

Column = ColumnElement[Any]


class LineReader:
    """Reads pages; remembers repeated cells from one page to the next.

    write_cells: writes the cells of one row, escaped, with commas between.
    """

    def __init__(self, query: LineQuery, write_cells: CellWriter) -> None:
        self._query = query
        kinds: dict[str, Callable[[list[Column]], _Piece]] = {
            "plain": _Plain,
            "uuids": _Uuids,
            "repeating": lambda columns: _Repeating(columns, write_cells),
            "fixed": _Fixed,
        }
        self._pieces = [kinds[kind](columns) for kind, columns in _grouped(query)]

    def fetch(self, connection: Connection, after_id: int) -> list[Page]:
        """Reads the next rows; nothing is left to read when there are none."""
        row_id = self._query.select.selected_columns["id"]
        cells = [piece.sql().label(f"piece_{i}") for i, piece in enumerate(self._pieces)]
        page = self._query.page(after_id, PAGE_ROWS)
        found = page.with_only_columns(row_id, *cells).subquery()
        texts = (func.group_concat(found.c[cell.name], _ROW) for cell in cells)
        query = select(func.count(), func.max(found.c.id), *texts)
        rows, last_id, *pieces = connection.execute(query).one()
        return [Page(rows, last_id, lambda: self._finish(rows, pieces))] if rows else []

    def _finish(self, rows: int, texts: list[str]) -> bytes | None:
        columns = [piece.of(text) for piece, text in zip(self._pieces, texts, strict=True)]
        if any(column is None or len(column) != rows for column in columns):
            return None
        text = "\r\n".join(map(",".join, zip(*columns, strict=True)))
        return f"{text}\r\n".encode()


class _Piece(Protocol):
    """Some neighbouring cells of every line."""

    def sql(self) -> Column:
        """Returns the expression that reads them out of one row."""

    def of(self, text: str) -> list[str] | None:
        """Returns them as they stand in each line; None when they are not as foreseen."""


@dataclass(frozen=True, slots=True)
class _Plain:
    """Site and row number: nothing to do."""

    columns: list[Column]

    def sql(self) -> Column:
        return _printed(",", ["%s"] * len(self.columns), self.columns)

    def of(self, text: str) -> list[str]:
        return text.split(_ROW)


@dataclass(frozen=True, slots=True)
class _Uuids:
    """Kept as 32 hexadecimal digits. Each digit is moved in all rows at once."""

    columns: list[Column]

    def sql(self) -> Column:
        return _printed("", ["%s"] * len(self.columns), self.columns)

    def of(self, text: str) -> list[str] | None:
        digits = text.replace(_ROW, "").encode()
        if digits.translate(None, _HEX):
            return None
        row = (",".join([_UUID] * len(self.columns)) + _ROW).encode()
        places = [place for place, sign in enumerate(row) if sign == ord("#")]
        count, rest = divmod(len(digits), len(places))
        if rest:
            return None
        written = bytearray(row * count)
        for number, place in enumerate(places):
            written[place :: len(row)] = digits[number :: len(places)]
        return written.decode()[:-1].split(_ROW)


class _Repeating(dict[str, str]):
    """Cells with few different values: escaped at their first coming."""

    def __init__(self, columns: list[Column], write_cells: CellWriter) -> None:
        super().__init__()
        self._columns = columns
        self._write_cells = write_cells

    def sql(self) -> Column:
        return _printed(_CELL, ["%s"] * len(self._columns), self._columns)

    def of(self, text: str) -> list[str] | None:
        try:
            return list(map(self.__getitem__, text.split(_ROW)))
        except ValueError:  # one of our separators stands inside a cell
            return None

    def __missing__(self, stored: str) -> str:
        cells = zip(self._columns, stored.split(_CELL), strict=True)
        written = self._write_cells([_value(column, cell) for column, cell in cells])
        if len(self) >= _REMEMBERED:
            self.clear()
        self[stored] = written
        return written


@dataclass(frozen=True, slots=True)
class _Fixed:
    """Times and hexadecimal texts: without their digits, every row must look the same."""

    columns: list[Column]

    def sql(self) -> Column:
        forms = ["%s" if _is_text(column) else "%s+00:00" for column in self.columns]
        return _printed(",", forms, self.columns)

    def of(self, text: str) -> list[str] | None:
        signs = ",".join("" if _is_text(column) else "-- ::.+:" for column in self.columns)
        width = sum(map(self._width, self.columns)) + len(self.columns)  # with commas, separator
        count = (len(text) + 1) // width
        plain = text.encode().translate(None, _HEX)
        if len(text) + 1 != width * count or plain + b"\x1e" != (signs + _ROW).encode() * count:
            return None
        return text.replace(" ", "T").replace(".000000+", "+").split(_ROW)

    @staticmethod
    def _width(column: Column) -> int:
        if isinstance(column.type, String):
            return column.type.length or 0
        return len("2026-01-15T00:30:00.123456+00:00")


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


def _printed(between: str, forms: Iterable[str], columns: Iterable[Column]) -> Column:
    return func.printf(between.join(forms), *columns)


def _is_text(column: Column) -> bool:
    return isinstance(column.type, String)


def _value(column: Column, stored: str) -> Any:
    match column.type:
        case JSON():
            return json.loads(stored)
        case Boolean():
            return stored == "1"
        case Integer():
            return int(stored)
    return stored
