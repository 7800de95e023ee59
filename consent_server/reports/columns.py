"""The columns of an export: their names, and what sort of value stands in each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple, get_type_hints
from uuid import UUID

Sort = Literal["text", "number", "fact", "id", "instant", "values"]
SITE_ID: Final = 2  # third field of both kinds of rows; outside it is the site's key

_SORTS: Final[dict[Any, Sort]] = {
    str: "text",
    int: "number",
    bool: "fact",
    UUID: "id",
    datetime: "instant",
}


class Column(NamedTuple):
    """One column. sort: instants are UTC; values are a JSON object."""

    name: str
    sort: Sort


def columns_of(row: type) -> tuple[Column, ...]:
    """Returns the columns of a kind of rows: the site's key first, in place of its row number."""
    hints = get_type_hints(row)
    names: Sequence[str] = row.__struct_fields__  # type: ignore[attr-defined]  # of msgspec
    columns = [Column(name, _SORTS.get(hints[name], "values")) for name in names]
    return (Column("site", "text"), *columns[:SITE_ID], *columns[SITE_ID + 1 :])
