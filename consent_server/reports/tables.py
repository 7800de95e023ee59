"""Rows become lines: CSV that no spreadsheet executes, or one JSON object per line."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

import msgspec

Format = Literal["csv", "ndjson"]

_BOM: Final = b"\xef\xbb\xbf"  # makes Korean Excel read the file as UTF-8
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_BLOCK_ROWS: Final = 500

Row = Mapping[str, Any]


def csv_blocks(rows: Iterable[Row], columns: list[str], *, bom: bool) -> Iterator[bytes]:
    """Yields a CSV file (RFC 4180, header first) in blocks of some hundred rows."""
    if bom:
        yield _BOM
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(columns)
    yield from _blocks(rows, lambda row: writer.writerow(_cells(row, columns)), buffer)


def ndjson_blocks(rows: Iterable[Row]) -> Iterator[bytes]:
    """Yields one JSON object per line in blocks of some hundred rows."""
    buffer = io.StringIO()
    yield from _blocks(
        rows, lambda row: buffer.write(msgspec.json.encode(row).decode() + "\n"), buffer
    )


def harmless(cell: str) -> str:
    """Returns a cell that a spreadsheet shows and does not run (CWE-1236)."""
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell


def _blocks(
    rows: Iterable[Row], write: Callable[[Row], object], buffer: io.StringIO
) -> Iterator[bytes]:
    for number, row in enumerate(rows, start=1):
        write(row)
        if number % _BLOCK_ROWS == 0:
            yield _drained(buffer)
    if last := _drained(buffer):
        yield last


def _drained(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()


def _cells(row: Row, columns: list[str]) -> list[str]:
    return [_cell(row[column]) for column in columns]


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case datetime():
            return value.isoformat()
        case UUID():
            return str(value)
        case dict():
            return harmless(msgspec.json.encode(value).decode())
        case _:
            return harmless(str(value))
