"""Rows become Parquet: typed columns, instants in UTC, row groups of some ten thousand.

Written by pyarrow, which is as large as all our other libraries together and therefore an extra of
the package (docs/adr/0038).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from importlib.util import find_spec
from itertools import islice
from typing import Any, Final

import msgspec

from consent_server.errors import N_, CommandError
from consent_server.reports.columns import Column, Sort
from consent_server.reports.outlet import Outlet
from consent_server.reports.tables import Block, Row

_GROUP_ROWS: Final = 20_000  # about 10 MB in memory
_BATCH_ROWS: Final = 1_000  # rows that exist as objects at a time


def is_parquet_there() -> bool:
    """Whether the extra is installed."""
    return find_spec("pyarrow") is not None


def check_parquet() -> None:
    """Raises CommandError, with what to do, unless the extra is installed."""
    if not is_parquet_there():
        raise CommandError(
            N_("Parquet needs pyarrow, not installed here: pip install 'consent-server[parquet]'")
        )


def parquet_lines(rows: Iterable[Row], columns: Sequence[Column]) -> Iterator[Block]:
    """Yields a file of some rows, in pieces; a piece may be empty."""
    import pyarrow as arrow  # an extra, and 0.2 s to load
    from pyarrow import parquet

    schema = arrow.schema([(column.name, _type(arrow, column.sort)) for column in columns])
    outlet, source, batches = Outlet(), iter(rows), list[Any]()
    sink = arrow.PythonFile(outlet, mode="w")
    with parquet.ParquetWriter(sink, schema, compression="zstd") as writer:
        while block := list(islice(source, _BATCH_ROWS)):
            cells = zip(*block, strict=True)
            arrays = [
                arrow.array(_cells(column.sort, values), field.type)
                for column, field, values in zip(columns, schema, cells, strict=True)
            ]
            batches.append(arrow.record_batch(arrays, schema=schema))
            if len(batches) * _BATCH_ROWS >= _GROUP_ROWS:
                _write_group(arrow, writer, batches)
            yield len(block), outlet.take()
        _write_group(arrow, writer, batches)
    yield 0, outlet.take()


def _write_group(arrow: Any, writer: Any, batches: list[Any]) -> None:
    if batches:
        writer.write_table(arrow.Table.from_batches(batches), row_group_size=_GROUP_ROWS)
        batches.clear()


def _cells(sort: Sort, values: Sequence[Any]) -> Sequence[Any]:
    if sort == "id":
        return list(map(str, values))
    if sort == "values":
        return [msgspec.json.encode(value).decode() for value in values]
    return values


def _type(arrow: Any, sort: Sort) -> Any:
    if sort == "instant":
        return arrow.timestamp("us", tz="UTC")
    return {"number": arrow.int64(), "fact": arrow.bool_()}.get(sort, arrow.string())
