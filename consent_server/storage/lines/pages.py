"""What is read for lines of CSV, page by page, and what is known about it beforehand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Select, bindparam

CellWriter = Callable[[Sequence[Any]], str]


@dataclass(frozen=True, slots=True)
class Page:
    """Rows that are read already.

    finish: returns their lines, each ending with CRLF; None when a row is not as foreseen.
    """

    rows: int
    last_id: int
    finish: Callable[[], bytes | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class LineQuery:
    """What to read, and what is known about it beforehand.

    select: typed, labelled columns in the order of the file, none ever null: first `site`, a text
    that needs no quotes, then `id`, by which the rows come and which the pages go by.
    repeating: labels of columns with few different values. Other texts are hexadecimal.
    """

    select: Select[Any]
    repeating: frozenset[str]

    def page(self, limit: int) -> Select[Any]:
        """Returns the query of one page: the rows next above the parameter `after_id`.

        Made once: to put a query into words takes milliseconds, as a page of rows does.
        """
        row_id = self.select.selected_columns["id"]
        behind = row_id > bindparam("after_id", type_=BigInteger)
        return self.select.where(behind).order_by(row_id).limit(limit)
