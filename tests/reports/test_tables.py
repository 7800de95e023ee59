"""Lines of an export: no cell is ever a formula, no character is lost."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime

import pytest

from consent_server.reports.tables import csv_blocks, harmless, ndjson_blocks

DANGEROUS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠1"]


@pytest.mark.parametrize("cell", DANGEROUS)
def test_a_cell_that_a_spreadsheet_would_run_begins_with_an_apostrophe(cell: str) -> None:
    assert harmless(cell) == "'" + cell


@pytest.mark.parametrize("cell", ["", "pc", "한글", "a=b", "1-2", "/path", "https://shop.example"])
def test_an_ordinary_cell_stays_as_it_is(cell: str) -> None:
    assert harmless(cell) == cell


def test_a_csv_file_read_back_has_the_same_cells() -> None:
    rows = [
        {"name": 'quote " and, comma', "at": datetime(2026, 1, 15, tzinfo=UTC), "ok": True},
        {"name": "두 줄\n이름", "at": datetime(2026, 1, 16, tzinfo=UTC), "ok": False},
    ]

    file = b"".join(csv_blocks(rows, ["name", "at", "ok"], bom=False)).decode()

    assert list(csv.reader(io.StringIO(file, newline=""))) == [
        ["name", "at", "ok"],
        ['quote " and, comma', "2026-01-15T00:00:00+00:00", "true"],
        ["두 줄\n이름", "2026-01-16T00:00:00+00:00", "false"],
    ]


def test_a_file_with_a_bom_begins_with_it_once() -> None:
    file = b"".join(csv_blocks([{"a": i} for i in range(1500)], ["a"], bom=True))

    assert file.startswith(b"\xef\xbb\xbf")
    assert file.count(b"\xef\xbb\xbf") == 1


def test_blocks_stay_small_however_many_rows_come() -> None:
    blocks = list(csv_blocks(({"a": i} for i in range(10_000)), ["a"], bom=False))

    assert max(map(len, blocks)) < 8_000
    assert b"".join(blocks).count(b"\n") == 10_001


def test_every_line_of_ndjson_is_one_object() -> None:
    rows = [{"name": "한글 = ok", "n": 1}, {"name": "line\nbreak", "n": 2}]

    lines = b"".join(ndjson_blocks(rows)).decode().splitlines()

    assert [json.loads(line) for line in lines] == rows
