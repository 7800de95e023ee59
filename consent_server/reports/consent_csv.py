"""Consent records as CSV, as quick as their database hands them out.

A page of lines is finished by the engine's own quick way (`storage.lines`); one that it refuses
is written row by row. While a page is handed on, the next ones are read already: on a machine with
more than one core the database and this process work at the same time. No read stays open
between two pages, however slow the download is, and only a few pages are in memory.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Engine

from consent_server.consents.lines import consent_lines
from consent_server.consents.services import ConsentFilter, ConsentRow, each_consent
from consent_server.pace import Pace
from consent_server.reports.tables import Block, Row, csv_cells, csv_lines
from consent_server.storage.lines import postgres, sqlite
from consent_server.storage.lines.pages import LineQuery, Page


def consent_csv(
    engine: Engine,
    chosen: ConsentFilter,
    site_keys: Mapping[int, str],
    cells_of: Callable[[ConsentRow], Row],
    pace: Pace,
) -> Iterator[Block]:
    """Yields the lines of the chosen records, without a header; oldest first, each once.

    cells_of: returns the cells of a record that is written row by row.
    """
    query = consent_lines(engine, chosen, site_keys)
    after_id = 0
    for page in _pages(engine, query, pace):
        if text := page.finish():
            yield page.rows, text
        else:
            rows = each_consent(engine, chosen, after_id=after_id, last_id=page.last_id)
            yield from csv_lines(map(cells_of, rows))
        after_id = page.last_id


def _pages(engine: Engine, query: LineQuery, pace: Pace) -> Iterator[Page]:
    reader: sqlite.LineReader | postgres.LineReader = (
        sqlite.LineReader(query, csv_cells)
        if engine.dialect.name == "sqlite"
        else postgres.LineReader(query, pace.rest)
    )

    last_id = 0

    def read() -> deque[Page]:
        nonlocal last_id
        with engine.connect() as connection:
            pages = deque(reader.fetch(connection, last_id))
        pace.rest()
        last_id = pages[-1].last_id if pages else last_id
        return pages

    ahead = ThreadPoolExecutor(1, "export")
    try:
        coming = deque(ahead.submit(read) for _ in range(reader.ahead))
        while pages := coming.popleft().result():
            coming.append(ahead.submit(read))
            while pages:
                yield pages.popleft()  # and keep none that was handed on
    finally:
        ahead.shutdown(cancel_futures=True)
