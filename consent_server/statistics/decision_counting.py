"""Counts consent records by day: by row number, each once, so that pages need not read them all.

The counts, where the records lie (spans) and the row number up to which both go are one
transaction, which happens only if nobody else went on from the same number meanwhile. So a count
that is cut off, or made twice at once, adds nothing twice and leaves nothing out. Records that are
destroyed later stay counted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row, Select, Text, func, select, update
from sqlalchemy import cast as sql_cast

from consent_server import clock
from consent_server.consents.models import ConsentRecord
from consent_server.pace import Pace
from consent_server.statistics.decision_rules import Key, Record, tally
from consent_server.statistics.models import DecisionCount, DecisionProgress
from consent_server.statistics.spans import Key as SpanKey
from consent_server.statistics.spans import Span, add_spans, spans_of
from consent_server.storage.absent import insert_absent
from consent_server.storage.database import table_of
from consent_server.storage.settled import Look, look_at
from consent_server.storage.writing.writer import Writer

_RECORDS, _COUNTS = table_of(ConsentRecord), table_of(DecisionCount)
_PROGRESS: Final = table_of(DecisionProgress)
_PAGE_ROWS: Final = 2000

GoOn = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class DecisionCounter:
    """Brings the counts up to date. day_of: the calendar day of an instant."""

    engine: Engine
    writer: Writer
    day_of: Callable[[datetime], date]

    def run(self, go_on: GoOn = lambda: True, share: float = 1.0) -> int:
        """Counts what is not counted yet; returns how many records were.

        go_on: asked between pages. share: of one interpreter, when others want it too (see pace).
        """
        pace, counted = Pace(share), 0
        begin, end = self._span()
        while begin < end and go_on():
            with self.engine.connect() as connection:
                page = connection.execute(
                    records_behind(begin).where(_RECORDS.c.id <= end).limit(_PAGE_ROWS)
                ).all()
            if not page or not self._add(begin, page[-1].id, self._tally(page), self._spans(page)):
                break
            begin, counted = page[-1].id, counted + len(page)
            pace.rest()
        return counted

    def _tally(self, page: list[Row[Any]] | Any) -> Mapping[Key, int]:
        return tally((Record(*row[1:]) for row in page), self.day_of)

    def _span(self) -> tuple[int, int]:
        """Returns behind which number and up to which one to count; notes what was seen."""
        with self.engine.connect() as connection:
            now = look_at(connection, _RECORDS)
            known = connection.execute(select(_PROGRESS)).one_or_none()
        begin = known.counted_id if known else 0
        if now.highest < begin:
            # the newest records were destroyed, and SQLite gives their numbers again
            begin = self._go_back(begin)
        if self.engine.dialect.name == "sqlite":
            return begin, now.highest
        earlier = Look(known.seen_id, next_open=known.seen_open) if known else None
        if earlier is not None and not now.settles(earlier):
            return begin, begin
        if earlier is None or now.highest > earlier.highest:
            self.writer.run(lambda connection: _note(connection, now))
        return begin, earlier.highest if earlier else begin

    def _go_back(self, begin: int) -> int:
        counted = select(func.max(_RECORDS.c.id)).where(
            _RECORDS.c.recorded_at <= select(_PROGRESS.c.counted_at).scalar_subquery()
        )

        def go_back(connection: Connection) -> int:
            number = int(connection.execute(counted).scalar_one() or 0)
            return number if _advance(connection, begin, number) else begin

        return self.writer.run(go_back)

    def _spans(self, page: Sequence[Any]) -> Mapping[SpanKey, Span]:
        return spans_of(
            (SpanKey(self.day_of(at), site_id, action, version, language), row_id, at)
            for row_id, site_id, action, version, language, _decisions, at in page
        )

    def _add(
        self,
        begin: int,
        end: int,
        counts: Mapping[Key, int],
        spans: Mapping[SpanKey, Span] = MappingProxyType({}),
    ) -> bool:
        """Adds counts and spans of a page; returns False when another process was quicker."""

        def add(connection: Connection) -> bool:
            if not _advance(connection, begin, end):
                return False
            add_spans(connection, spans)
            insert_absent(connection, _COUNTS, [key._asdict() | {"records": 0} for key in counts])
            for key, count in sorted(counts.items()):
                same = [_COUNTS.c[name] == value for name, value in key._asdict().items()]
                added = {"records": _COUNTS.c.records + count}
                connection.execute(update(_COUNTS).where(*same).values(added))
            return True

        return self.writer.run(add)


def records_behind(row_number: int) -> Select[Any]:
    """Returns the query of what is counted of the records behind a row number, in their order."""
    return (
        select(
            _RECORDS.c.id,
            _RECORDS.c.site_id,
            _RECORDS.c.action,
            _RECORDS.c.policy_version,
            _RECORDS.c.language,
            sql_cast(_RECORDS.c.decisions, Text),
            _RECORDS.c.recorded_at,
        )
        .where(_RECORDS.c.id > row_number)
        .order_by(_RECORDS.c.id)
    )


def _advance(connection: Connection, begin: int, end: int) -> bool:
    _enter(connection)
    moved = connection.execute(
        update(_PROGRESS)
        .where(_PROGRESS.c.counted_id == begin)
        .values(counted_id=end, counted_at=clock.now())
    )
    return bool(moved.rowcount)


def _note(connection: Connection, look: Look) -> None:
    _enter(connection)
    connection.execute(update(_PROGRESS).values(seen_id=look.highest, seen_open=look.next_open))


def _enter(connection: Connection) -> None:
    first = {"id": 1, "counted_id": 0, "counted_at": clock.now(), "seen_id": 0, "seen_open": 0}
    insert_absent(connection, _PROGRESS, [first])
