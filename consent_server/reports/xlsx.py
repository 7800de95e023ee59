"""Rows become a workbook (Office Open XML, ECMA-376), row by row and straight into the answer.

Libraries that write long sheets keep them in temporary files meanwhile, where addresses of visitors
would lie in clear; so this writes the little that an export needs (docs/adr/0038). A text is always
an inline string, which is never run as a formula; one that looks like a formula is marked as quoted
besides, so that it stays text when somebody edits it. A sheet holds 1,048,576 rows, and what comes
after goes on in another.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import IO, Any, Final, cast
from uuid import UUID
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

import msgspec

from consent_server.reports.columns import Column
from consent_server.reports.outlet import Outlet
from consent_server.reports.tables import FORMULA_STARTS, Block, Row

SHEET_ROWS: Final = 1_048_576  # header included
_SHEET_BYTES: Final = 1_900_000_000  # unpacked; above 2^31 a reader would need ZIP64
_CELL_CHARACTERS: Final = 32_767
_BLOCK_ROWS: Final = 500
_LEVEL: Final = 1  # of deflate: level 6 takes three times as long for a file a fifth smaller
_DAY_SECONDS: Final = 86_400
_DAY_ZERO: Final = datetime(1899, 12, 30, tzinfo=UTC)
_HEADER, _INSTANT, _QUOTED = 1, 2, 3  # places in the list of styles
_WIDTHS: Final = {"number": 10, "fact": 9, "id": 38, "instant": 25, "values": 40, "text": 16}

_NO_XML: Final = re.compile(r"[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_START: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_TYPES: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"

_RELATIONS: Final = (
    f'{_START}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
    f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
)
_STYLES: Final = (
    f'{_START}<styleSheet xmlns="{_MAIN}"><numFmts count="1"><numFmt numFmtId="164" '
    'formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss.000"/></numFmts><fonts count="2"><font><sz val="11"/>'
    '<name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill '
    'patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/>'
    '<bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="4"><xf numFmtId="0" xfId="0"/><xf fontId="1" xfId="0" applyFont="1"/>'
    '<xf numFmtId="164" xfId="0" applyNumberFormat="1"/><xf numFmtId="49" xfId="0" quotePrefix="1"'
    ' applyNumberFormat="1"/></cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0"'
    ' builtinId="0"/></cellStyles></styleSheet>'
)


def xlsx_lines(
    rows: Iterable[Row], columns: Sequence[Column], *, sheet_rows: int = SHEET_ROWS
) -> Iterator[Block]:
    """Yields a workbook of some rows, in pieces; a piece may be empty.

    sheet_rows: after so many, the header included, the next sheet begins.
    """
    outlet, source = Outlet(), iter(rows)
    book = _Book(outlet, columns, sheet_rows)
    while block := list(islice(source, min(_BLOCK_ROWS, book.room))):
        book.add(block)
        yield len(block), outlet.take()
    book.finish()
    yield 0, outlet.take()


class _Book:
    """A workbook that is being written: its sheets first, what names them last."""

    def __init__(self, outlet: Outlet, columns: Sequence[Column], sheet_rows: int) -> None:
        self._file = ZipFile(cast(IO[bytes], outlet), "w", ZIP_DEFLATED, compresslevel=_LEVEL)
        self._columns = columns
        self._sheet_rows = sheet_rows
        self._sheets = 0
        self._begin()

    def add(self, rows: Sequence[Row]) -> None:
        """Writes rows, no more than there is room for on this sheet."""
        text = "".join(f"<row>{''.join(map(_cell, row))}</row>" for row in rows).encode()
        self._sheet.write(text)
        self.room -= len(rows)
        self._bytes += len(text)
        if self.room == 0 or self._bytes > _SHEET_BYTES:
            self._end()
            self._begin()

    def finish(self) -> None:
        """Writes what remains."""
        self._end()
        numbers = range(1, self._sheets + 1)
        for name, text in _parts(numbers):
            self._file.writestr(name, text)
        self._file.close()

    def _begin(self) -> None:
        self._sheets += 1
        self._sheet: IO[bytes] = self._file.open(f"xl/worksheets/sheet{self._sheets}.xml", "w")
        self.room, self._bytes = self._sheet_rows - 1, 0
        widths = "".join(
            f'<col min="{place}" max="{place}" width="{_WIDTHS[column.sort]}" customWidth="1"/>'
            for place, column in enumerate(self._columns, 1)
        )
        names = "".join(_text(column.name, _HEADER) for column in self._columns)
        head = (
            f'{_START}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
            '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView>'
            f"</sheetViews><cols>{widths}</cols><sheetData><row>{names}</row>"
        )
        self._sheet.write(head.encode())

    def _end(self) -> None:
        self._sheet.write(b"</sheetData></worksheet>")
        self._sheet.close()


def _parts(numbers: Sequence[int]) -> Iterator[tuple[str, str]]:
    """Yields the parts of a workbook that name and adorn its sheets."""
    sheets = "".join(
        f'<sheet name="records{"" if n == 1 else f" {n}"}" sheetId="{n}" r:id="rId{n}"/>'
        for n in numbers
    )
    yield (
        "xl/workbook.xml",
        f'{_START}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{sheets}</sheets>'
        "</workbook>",
    )
    targets = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in numbers
    )
    yield (
        "xl/_rels/workbook.xml.rels",
        f'{_START}<Relationships xmlns="{_PACKAGE}/relationships">{targets}<Relationship '
        f'Id="rId{len(numbers) + 1}" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
    )
    yield "xl/styles.xml", _STYLES
    yield "_rels/.rels", _RELATIONS
    overrides = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_TYPES}.worksheet+xml"/>'
        for n in numbers
    )
    yield (
        "[Content_Types].xml",
        f'{_START}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default '
        'Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" '
        f'ContentType="{_TYPES}.sheet.main+xml"/><Override PartName="/xl/styles.xml" '
        f'ContentType="{_TYPES}.styles+xml"/>{overrides}</Types>',
    )


def _cell(value: Any) -> str:
    return _WRITERS[type(value)](value)


def _text(value: str, style: int = 0) -> str:
    if value.startswith(FORMULA_STARTS):
        style = _QUOTED
    value = value[:_CELL_CHARACTERS]
    if _NO_XML.search(value):
        value = _NO_XML.sub(lambda found: f"_x{ord(found[0]):04X}_", value)
    mark = f' s="{style}"' if style else ""
    return f'<c{mark} t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'


def _instant(value: datetime) -> str:
    """Writes days since the zero of spreadsheets, which know no zones: of UTC."""
    return f'<c s="{_INSTANT}"><v>{(value - _DAY_ZERO).total_seconds() / _DAY_SECONDS!r}</v></c>'


_WRITERS: Final[dict[type, Callable[[Any], str]]] = {
    type(None): lambda nothing: "<c/>",
    bool: lambda fact: f'<c t="b"><v>{fact:d}</v></c>',
    int: lambda number: f"<c><v>{number}</v></c>",
    float: lambda number: f"<c><v>{number!r}</v></c>",
    datetime: _instant,
    UUID: lambda identity: f'<c t="inlineStr"><is><t>{identity}</t></is></c>',
    dict: lambda values: _text(msgspec.json.encode(values).decode()),
    str: _text,
}
