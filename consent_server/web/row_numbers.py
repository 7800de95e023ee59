"""Numbers in addresses: what no row of ours has is an address that is not there (404).

Databases fail on larger ones instead of finding nothing: SQLite from 2**63 on, PostgreSQL already
at the width of the column.
"""

from __future__ import annotations

from typing import Final

from flask import Flask
from werkzeug.routing import IntegerConverter, Map

ROW_NUMBER_MAX: Final = 2**31 - 1  # of the narrowest column; nothing that is numbered gets there


class RowNumber(IntegerConverter):
    """`<int:...>` of every rule."""

    def __init__(self, map: Map) -> None:  # noqa: A002 - named by Werkzeug
        super().__init__(map, max=ROW_NUMBER_MAX)


def init_app(app: Flask) -> None:
    """Makes it what rules that are added from now on mean by `int`."""
    app.url_map.converters["int"] = RowNumber
