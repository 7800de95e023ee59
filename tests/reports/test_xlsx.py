"""A workbook is read back as it was written, by a reader that is not ours; no cell is a formula."""

from __future__ import annotations

import io
import uuid
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from openpyxl import load_workbook

from consent_server.reports.columns import Column
from consent_server.reports.xlsx import xlsx_lines

TEXT = [Column("text", "text")]
FORMULAS = [
    '=HYPERLINK("https://evil.example")', "+1+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1",
    "=cmd|'/c calc'!A0", "＠1",
]  # fmt: skip
ODD = [
    "", " leading and trailing ", "<b>&amp;\"'", "한글 😀", "two\nlines",
    "bell \x07 and \x00 and \x1b",
    "carriage\rreturn", "not \ufffe a \uffff character", "_x0041_ as it stands", "_x00_",
]  # fmt: skip


def whole(rows: Sequence[Sequence[Any]], columns: Sequence[Column], **options: int) -> bytes:
    return b"".join(block for _, block in xlsx_lines(rows, columns, **options))


def sheets(file: bytes) -> list[Any]:
    return list(load_workbook(io.BytesIO(file)).worksheets)


def cells(file: bytes) -> list[Any]:
    [sheet] = sheets(file)
    return [row[0] for row in sheet.iter_rows(min_row=2, values_only=True)]


def test_every_sort_of_value_comes_back_as_what_it_was() -> None:
    at = datetime(2026, 1, 15, 23, 59, 59, 250_000, tzinfo=UTC)
    columns = [
        Column("site", "text"), Column("n", "number"), Column("ok", "fact"), Column("id", "id"),
        Column("at", "instant"), Column("chosen", "values"), Column("none", "text"),
    ]  # fmt: skip
    identity = uuid.uuid4()

    [sheet] = sheets(whole([["a", 7, True, identity, at, {"x": False}, None]], columns))

    header, row = sheet.iter_rows(values_only=True)
    assert header == ("site", "n", "ok", "id", "at", "chosen", "none")
    assert (row[:4], row[5:]) == (("a", 7, True, str(identity)), ('{"x":false}', None))
    assert abs(row[4] - at.replace(tzinfo=None)) < timedelta(milliseconds=1)


@pytest.mark.parametrize("text", FORMULAS)
def test_no_text_is_a_formula_nor_becomes_one_when_it_is_edited(text: str) -> None:
    [sheet] = sheets(whole([[text]], TEXT))

    cell = sheet["A2"]
    assert cell.data_type != "f"
    assert cell.quotePrefix


def test_every_character_comes_back() -> None:
    """Openpyxl leaves the escapes of ECMA-376 (22.9.2.19) as they are, so they are looked at."""
    found = cells(whole([[text] for text in ODD], TEXT))

    assert found == [
        "", " leading and trailing ", "<b>&amp;\"'", "한글 😀", "two\nlines",
        "bell _x0007_ and _x0000_ and _x001B_", "carriage_x000D_return",
        "not _xFFFE_ a _xFFFF_ character", "_x005F_x0041_ as it stands", "_x00_",
    ]  # fmt: skip


def test_what_does_not_fit_on_a_sheet_goes_on_in_another_with_a_header() -> None:
    file = whole([[f"row {n}"] for n in range(10)], TEXT, sheet_rows=5)

    found = [[row[0] for row in sheet.iter_rows(values_only=True)] for sheet in sheets(file)]
    assert found == [
        ["text", "row 0", "row 1", "row 2", "row 3"],
        ["text", "row 4", "row 5", "row 6", "row 7"],
        ["text", "row 8", "row 9"],
    ]


def test_a_file_without_rows_has_a_header_and_no_reader_needs_zip64() -> None:
    file = whole([], TEXT)

    assert cells(file) == []
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        assert archive.testzip() is None
        assert all(entry.extract_version < 45 for entry in archive.infolist())


def test_pieces_stay_small_however_many_rows_come() -> None:
    rows = ([f"{n} {uuid.uuid4()}"] for n in range(20_000))

    blocks = list(xlsx_lines(rows, TEXT))

    assert sum(count for count, _ in blocks) == 20_000
    assert max(len(block) for _, block in blocks) < 200_000
