"""Parquet files have typed columns, instants in UTC, and groups of rows of one size."""

from __future__ import annotations

import io
import uuid
from datetime import UTC, datetime

import pyarrow as arrow
import pytest
from pyarrow import parquet

from consent_server.errors import CommandError
from consent_server.reports import parquet as ours
from consent_server.reports.columns import Column, columns_of
from consent_server.reports.parquet import check_parquet, parquet_lines
from consent_server.visits.services import VisitView


def test_values_come_back_with_their_types() -> None:
    at, identity = datetime(2026, 1, 15, 1, 2, 3, 456_789, tzinfo=UTC), uuid.uuid4()
    columns = [
        Column("site", "text"), Column("n", "number"), Column("ok", "fact"), Column("id", "id"),
        Column("at", "instant"), Column("chosen", "values"),
    ]  # fmt: skip
    rows = [["=1", 2**40, True, identity, at, {"a": True}], ["b", 0, False, identity, at, {}]]

    file = b"".join(block for _, block in parquet_lines(rows, columns))

    table = parquet.read_table(io.BytesIO(file))
    assert table.schema.field("at").type == arrow.timestamp("us", tz="UTC")
    assert [str(field.type) for field in table.schema][:4] == ["string", "int64", "bool", "string"]
    assert table.to_pylist()[0] == {
        "site": "=1", "n": 2**40, "ok": True, "id": str(identity), "at": at, "chosen": '{"a":true}',
    }  # fmt: skip


def test_many_rows_lie_in_groups_and_leave_in_pieces() -> None:
    blocks = list(parquet_lines(([n] for n in range(45_500)), [Column("n", "number")]))

    file = parquet.ParquetFile(io.BytesIO(b"".join(block for _, block in blocks)))
    groups = [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)]
    assert groups == [20_000, 20_000, 5_500]
    assert sum(count for count, _ in blocks) == 45_500
    assert len([block for _, block in blocks if block]) > 2


def test_without_rows_the_columns_are_there_all_the_same() -> None:
    file = b"".join(block for _, block in parquet_lines([], columns_of(VisitView)))

    table = parquet.read_table(io.BytesIO(file))
    assert (table.num_rows, table.column_names[0]) == (0, "site")
    assert table.schema.field("recorded_at").type == arrow.timestamp("us", tz="UTC")


def test_without_the_extra_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ours, "find_spec", lambda name: None)

    with pytest.raises(CommandError, match=r"pip install 'consent-server\[parquet\]'"):
        check_parquet()
