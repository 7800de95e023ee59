"""Lines of an export: no cell is ever a formula, no character is lost."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from datetime import UTC, datetime

import pytest

from consent_server.reports.tables import Row, csv_lines, csv_start, harmless, ndjson_lines

DANGEROUS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠1"]


@pytest.mark.parametrize("cell", DANGEROUS)
def test_a_cell_that_a_spreadsheet_would_run_begins_with_an_apostrophe(cell: str) -> None:
    assert harmless(cell) == "'" + cell


@pytest.mark.parametrize("cell", ["", "pc", "한글", "a=b", "1-2", "/path", "https://shop.example"])
def test_an_ordinary_cell_stays_as_it_is(cell: str) -> None:
    assert harmless(cell) == cell


def whole_csv(columns: list[str], rows: Iterable[Row], *, bom: bool = False) -> bytes:
    blocks = (block for _rows, block in csv_lines(rows))
    return b"".join([csv_start(columns, bom=bom), *blocks])


def test_a_csv_file_read_back_has_the_same_cells() -> None:
    rows = [
        ['quote " and, comma', datetime(2026, 1, 15, tzinfo=UTC), True, None],
        ["두 줄\n이름", datetime(2026, 1, 16, tzinfo=UTC), False, 1],
    ]

    file = whole_csv(["name", "at", "ok", "n"], rows).decode()

    assert list(csv.reader(io.StringIO(file, newline=""))) == [
        ["name", "at", "ok", "n"],
        ['quote " and, comma', "2026-01-15T00:00:00+00:00", "true", ""],
        ["두 줄\n이름", "2026-01-16T00:00:00+00:00", "false", "1"],
    ]


def test_a_file_with_a_bom_begins_with_it_once() -> None:
    file = whole_csv(["a"], ([i] for i in range(1500)), bom=True)

    assert file.startswith(b"\xef\xbb\xbfa\r\n")
    assert file.count(b"\xef\xbb\xbf") == 1


def test_blocks_stay_small_however_many_rows_come_and_tell_how_many_they_hold() -> None:
    blocks = list(csv_lines([i] for i in range(10_000)))

    assert max(len(lines) for _rows, lines in blocks) < 8_000
    assert [lines.count(b"\r\n") for _rows, lines in blocks] == [rows for rows, _lines in blocks]
    assert sum(rows for rows, _lines in blocks) == 10_000


def test_every_line_of_ndjson_is_one_object() -> None:
    rows = [["한글 = ok", 1], ["line\nbreak", 2]]

    [(count, lines)] = ndjson_lines(rows, ["name", "n"])

    assert count == 2
    assert [json.loads(line) for line in lines.decode().splitlines()] == [
        {"name": "한글 = ok", "n": 1},
        {"name": "line\nbreak", "n": 2},
    ]
