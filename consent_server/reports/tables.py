"""Rows become lines: CSV that no spreadsheet executes, or one JSON object per line.

Other files have modules of their own (`xlsx`, `parquet`); all yield the same blocks.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, Final, Literal, get_args
from uuid import UUID

import msgspec

Format = Literal["csv", "ndjson", "xlsx", "parquet"]
FORMATS: Final[tuple[Format, ...]] = get_args(Format)
Row = Sequence[Any]
Block = tuple[int, bytes]  # how many rows, and their lines

_BOM: Final = b"\xef\xbb\xbf"  # makes Korean Excel read the file as UTF-8
FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_BLOCK_ROWS: Final = 500


def csv_start(columns: Sequence[str], *, bom: bool) -> bytes:
    """Returns how a CSV file (RFC 4180) begins: with its header."""
    return (_BOM if bom else b"") + _csv([columns]).encode()


def csv_lines(rows: Iterable[Row]) -> Iterator[Block]:
    """Yields the lines of some rows in blocks of some hundred."""
    for block in _blocks(rows):
        yield len(block), _csv(map(_cells, block)).encode()


def csv_file(columns: Sequence[str], rows: Iterable[Row]) -> bytes:
    """Returns a whole small file, beginning with a BOM, as people open it in a spreadsheet."""
    return csv_start(columns, bom=True) + b"".join(lines for _, lines in csv_lines(rows))


def csv_cells(row: Row) -> str:
    """Returns the cells of a row or of a part of one, escaped, with commas between."""
    return _csv([_cells(row)]).removesuffix("\r\n")


def ndjson_lines(rows: Iterable[Row], columns: Sequence[str]) -> Iterator[Block]:
    """Yields one JSON object per line in blocks of some hundred rows."""
    for block in _blocks(rows):
        objects = [dict(zip(columns, row, strict=True)) for row in block]
        yield len(block), msgspec.json.Encoder().encode_lines(objects)


def harmless(cell: str) -> str:
    """Returns a cell that a spreadsheet shows and does not run (CWE-1236)."""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell


def _blocks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    source = iter(rows)
    while block := list(islice(source, _BLOCK_ROWS)):
        yield block


def _csv(rows: Iterable[Sequence[str]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue()


def _cells(row: Row) -> list[str]:
    return [_WRITERS[type(value)](value) for value in row]


_WRITERS: Final[dict[type, Callable[[Any], str]]] = {  # a look-up, as it is done for each cell
    type(None): lambda nothing: "",
    bool: lambda fact: "true" if fact else "false",
    int: str,
    float: str,
    datetime: datetime.isoformat,
    UUID: str,
    dict: lambda values: harmless(msgspec.json.encode(values).decode()),
    str: harmless,
}
