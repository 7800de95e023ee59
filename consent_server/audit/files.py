"""The access log as a file for auditors: CSV, cells that look like formulas made harmless."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from consent_server.audit.chain import Entry, as_written

_COLUMNS: Final = (
    "number", "at", "operator", "source", "act", "words", "site", "record_count", "reason",
    "reference", "previous", "signed_with", "signature",
)  # fmt: skip
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would calculate
_BLOCK_LINES: Final = 500
BOM: Final = b"\xef\xbb\xbf"  # Korean Excel takes a file without it for another encoding


def csv_blocks(
    entries: Iterable[Entry], sites: Mapping[int, str], words: Callable[[str], str]
) -> Iterator[bytes]:
    """Yields the file block by block. sites: key by row number. words: says an act in words."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    for count, entry in enumerate(entries, 1):
        writer.writerow([_harmless(cell) for cell in _cells(entry, sites, words)])
        if count % _BLOCK_LINES == 0:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()


def _cells(entry: Entry, sites: Mapping[int, str], words: Callable[[str], str]) -> tuple[str, ...]:
    return (
        str(entry.number),
        as_written(entry.at),
        entry.operator,
        entry.source,
        entry.act,
        words(entry.act),
        sites.get(entry.site_id or 0, ""),
        "" if entry.record_count is None else str(entry.record_count),
        entry.reason,
        entry.reference,
        entry.previous,
        entry.signed_with,
        entry.signature,
    )


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
