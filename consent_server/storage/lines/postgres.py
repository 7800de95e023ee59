"""CSV lines by COPY, PostgreSQL's quickest way out, in exactly the form of our own writer.

The server writes and quotes the cells. The last touches are put on a whole page at a time: CRLF,
and `2026-01-15 00:30:00.123456+00` becomes `2026-01-15T00:30:00.123456+00:00`; in SQL these cost
a third more. Before, letters and digits are taken away: what remains of an ordinary row is the
same for each. Where it is not, signs are counted over the page: more spaces, pluses or line breaks
than its times and lines have, or a sign with which a formula may begin, and the page is refused.

One COPY per page, not one for all rows: a snapshot as long as a slow download would hold back
VACUUM, and with it disk space, for every table of the cluster.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Final

import psycopg
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn, PGresult
from sqlalchemy import (
    JSON,
    Boolean,
    Compiled,
    Connection,
    DateTime,
    Dialect,
    Text,
    Uuid,
    case,
    cast,
    func,
    literal_column,
)
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.elements import ColumnElement

from consent_server.storage.columns import UtcDateTime
from consent_server.storage.lines.pages import LineQuery, Page

PAGE_ROWS: Final = 20_000  # 8 MB; half as many cost a tenth more
_BLOCK_ROWS: Final = 1000  # finished while as many more lie in the buffer of the connection
_NO_NULL: Final = "none of these columns is ever null; " * 4  # longer than any text we keep
# Times as we read them; and rows by their number: after a restore the server knows nothing of its
# tables yet, and would sort all rows for each page.
_BEFORE: Final = (
    "SET LOCAL timezone TO 'UTC'; SET LOCAL datestyle TO 'ISO, YMD';"
    " SET LOCAL enable_sort TO off; SET LOCAL enable_seqscan TO off; "
)
_Block = tuple[int, int, bytes]  # how many rows, the last one's id, and their lines

_FORMULA_SIGNS: Final = (b"=", b"@", b"\t", b"\r", *map(str.encode, "＝＋－＠"))  # and + and -
_ORDINARY: Final = bytes(set(range(128)) - set(b"-+ \n=@\t\r"))
_MINUS_STARTS: Final = (b",-", b'"-')


class LineReader:
    """Reads pages of lines.

    rest: called after each block of lines. ahead: how many pages are best read in advance.
    """

    ahead = 1

    def __init__(self, query: LineQuery, rest: Callable[[], None]) -> None:
        self._query = query
        self._rest = rest
        self._columns = list(query.select.selected_columns)
        self._copy: Compiled | None = None
        self._has_spaces = False  # in JSON, as Python writes it and as we wrote it once

    def fetch(self, connection: Connection, after_id: int) -> list[Page]:
        """Reads the next rows; nothing is left to read when there are none."""
        pages, copied = [], self._copied(connection, after_id)
        for block in copied:
            if not self._has_spaces and self._is_wide(block):
                # the server takes them out from now on, for a sixth more
                self._has_spaces, self._copy = True, None
                deque(copied, maxlen=0)  # a COPY is read to its end
                return self.fetch(connection, after_id)
            pages.append(self._page(block))
        return pages

    def _copied(self, connection: Connection, after_id: int) -> Iterator[_Block]:
        if self._copy is None:
            self._copy = self._copy_of(connection.dialect)
        for block in _copied(connection, self._copy, after_id):
            yield block
            self._rest()

    def _copy_of(self, dialect: Dialect) -> Compiled:
        cells = (_cell(column, has_spaces=self._has_spaces) for column in self._columns)
        return self._query.page(PAGE_ROWS).with_only_columns(*cells).compile(dialect=dialect)

    def _is_wide(self, block: _Block) -> bool:
        rows, _last_id, text = block
        return len(text) - len(text.replace(b" ", b"")) > _times(rows, self._columns)

    def _page(self, block: _Block) -> Page:
        rows, last_id, text = block
        lines = _finished(text, rows, self._columns)
        return Page(rows, last_id, lambda: lines)


def _copied(connection: Connection, page: Compiled, after_id: int) -> Iterator[_Block]:
    statement = f"COPY ({page}) TO STDOUT (FORMAT csv, NULL '{_NO_NULL}')"
    driver: Any = connection.connection.driver_connection
    whole = _BEFORE + psycopg.ClientCursor(driver).mogrify(
        statement, {**page.params, "after_id": after_id}
    )
    try:
        # all at once is a transaction of its own; each answer that is waited for costs a page much
        _check(driver.pgconn.exec_(whole.encode()), ExecStatus.COPY_OUT)
        for lines in _lines(driver.pgconn):
            yield _block(lines)
    except psycopg.Error as error:  # as it comes out of every other query
        raise DBAPIError.instance(whole, None, error, psycopg.Error) from error


def _lines(connection: PGconn) -> Iterator[list[bytes]]:
    """Yields what a COPY sends, some lines at a time; `Cursor.copy` takes twice as long."""
    next_line, is_over = connection.get_copy_data, False
    while not is_over:
        lines = list[bytes]()
        while len(lines) < _BLOCK_ROWS:
            size, line = next_line(0)
            if is_over := size <= 0:
                break
            lines.append(bytes(line))  # quicker than to keep what the library made
        if lines:
            yield lines
    _check(connection.get_result(), ExecStatus.COMMAND_OK)
    connection.get_result()


def _check(result: PGresult | None, wanted: ExecStatus) -> None:
    if result is not None and result.status != wanted:
        raise error_from_result(result)


def _block(lines: list[bytes]) -> _Block:
    _site, last_id, _rest = lines[-1].split(b",", 2)
    return len(lines), int(last_id), b"".join(lines)


def _cell(column: ColumnElement[Any], *, has_spaces: bool) -> ColumnElement[Any]:
    """Returns a cell as close to the final form as costs the server little."""
    match column.type:
        case Boolean():
            return case((column, literal_column("'true'")), else_=literal_column("'false'"))
        case JSON() if has_spaces:  # keys are identifiers, so each space stands between them
            return func.replace(cast(column, Text), literal_column("' '"), literal_column("''"))
        case DateTime() | UtcDateTime():
            return case(
                (_rounded(column, 5) != column, cast(column, Text)),
                (_rounded(column, 0) == column, cast(column, Text)),
                # the server leaves out zeros at the end of a fraction; to_char takes twice as long
                else_=func.rpad(func.left(cast(column, Text), -3), 26, "0").concat("+00"),
            )
    return column


def _rounded(column: ColumnElement[Any], digits: int) -> ColumnElement[Any]:
    return cast(column, TIMESTAMP(timezone=True, precision=digits))


def _finished(text: bytes, rows: int, columns: list[ColumnElement[Any]]) -> bytes | None:
    """Puts the last touches on some lines; None when a sign stands where none was foreseen."""
    is_ordinary = text.translate(None, _ORDINARY) == _signs(columns) * rows
    if not is_ordinary and not _is_harmless(text, rows, columns):
        return None
    ends = text.replace(b"\n", b"\r\n")
    zones = ends.replace(b"+", b"+00:")  # in front of the 00 that is there
    return zones.replace(b" ", b"T")


def _signs(columns: list[ColumnElement[Any]]) -> bytes:
    """Returns what an ordinary row has of the signs that mean something."""
    return b"".join(_signs_of(column) for column in columns) + b"\n"


def _signs_of(column: ColumnElement[Any]) -> bytes:
    match column.type:
        case Uuid():
            return b"----"
        case DateTime() | UtcDateTime():
            return b"-- +"
    return b""


def _is_harmless(text: bytes, rows: int, columns: list[ColumnElement[Any]]) -> bool:
    """Whether the last touches do no harm. Counts by replacing, five times as quick as `count`."""
    times = _times(rows, columns)
    foreseen = {b"\n": rows, b"+": times, b" ": times}
    if any(len(text) - len(text.replace(sign, b"")) != most for sign, most in foreseen.items()):
        return False
    if any(sign in text for sign in _FORMULA_SIGNS):
        return False
    dashes = rows * sum(4 for column in columns if isinstance(column.type, Uuid)) + 2 * times
    has_more_dashes = len(text) - len(text.replace(b"-", b"")) != dashes
    return not (has_more_dashes and any(start in text for start in _MINUS_STARTS))


def _times(rows: int, columns: list[ColumnElement[Any]]) -> int:
    return rows * sum(isinstance(column.type, DateTime | UtcDateTime) for column in columns)
