"""Where the consent records of a day lie, by row number: a search reads only where some are.

For each day and each combination of site, action, version and language: the first and the last row
number, the full hours around them (no record's own time: it may be destroyed before), how many.
Written with the counts of the day, in one transaction, by a job and never by a visitor's request.
What lies outside is certain to be none; inside, the records themselves are read. Those of the last
minute are not in it yet, and are looked through. So a search is exact whatever the clocks did.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, case, func, select, update

from consent_server.consents.models import ConsentRecord
from consent_server.consents.search import read_consents
from consent_server.consents.services import ConsentFilter, ConsentRow, conditions
from consent_server.statistics.models import ConsentSpan, DecisionProgress
from consent_server.storage.absent import insert_absent
from consent_server.storage.database import table_of
from consent_server.storage.looking import EVERYWHERE, Page, Piece, Place
from consent_server.storage.replica import reading_engine

_SPANS, _RECORDS = table_of(ConsentSpan), table_of(ConsentRecord)
_PROGRESS: Final = table_of(DecisionProgress)
_HOUR: Final = timedelta(hours=1)
_MOST_SPANS: Final = 300  # of one page; behind them everything is looked through
_FEW: Final = 2  # as many records as a span has ends: it has no other
_GAP: Final = 1_000  # rows; reading them costs less than another query
_NARROW: Final = 8  # rows; several such pieces are one query
_MOST_UNCOUNTED: Final = 2_000  # records that a count looks through


class Key(NamedTuple):
    """What records of a span have in common."""

    day: date
    site_id: int
    action: str
    policy_version: int
    language: str


class Span(NamedTuple):
    """Where they lie. Row numbers: ends included. Full hours: from the one to before the other."""

    first_id: int
    last_id: int
    first_at: datetime
    last_at: datetime
    records: int


def spans_of(keyed: Iterable[tuple[Key, int, datetime]]) -> dict[Key, Span]:
    """Returns the spans of some records: what they are, their row number, their time. Pure."""
    spans: dict[Key, Span] = {}
    for key, row_id, at in keyed:
        hour = at.replace(minute=0, second=0, microsecond=0)
        old = spans.get(key) or Span(row_id, row_id, hour, hour + _HOUR, 0)
        spans[key] = Span(
            min(old.first_id, row_id),
            max(old.last_id, row_id),
            min(old.first_at, hour),
            max(old.last_at, hour + _HOUR),
            old.records + 1,
        )
    return spans


def add_spans(connection: Connection, spans: Mapping[Key, Span]) -> None:
    """Widens what is stored by new spans, as part of the caller's transaction."""
    new = [key._asdict() | span._asdict() | {"records": 0} for key, span in spans.items()]
    insert_absent(connection, _SPANS, new)
    for key, span in sorted(spans.items()):
        same = [_SPANS.c[name] == value for name, value in key._asdict().items()]
        wider = {
            "first_id": _lesser(_SPANS.c.first_id, span.first_id),
            "last_id": _greater(_SPANS.c.last_id, span.last_id),
            "first_at": _lesser(_SPANS.c.first_at, span.first_at),
            "last_at": _greater(_SPANS.c.last_at, span.last_at),
            "records": _SPANS.c.records + span.records,
        }
        connection.execute(update(_SPANS).where(*same).values(wider))


def page_of_consents(
    chosen: ConsentFilter, *, below: int | None = None, above: int | None = None
) -> tuple[Page, list[ConsentRow]]:
    """Returns a page of the records that fit, newest first: those next below or above a row."""
    place = Place(below, above)
    return read_consents(chosen, place, pieces_of(chosen, place))


def pieces_of(chosen: ConsentFilter, place: Place) -> list[Piece]:
    """Returns where records that fit may lie, in the order in which a page looks through them."""
    if not _narrows(chosen):
        return [EVERYWHERE]
    with reading_engine().connect() as connection:
        counted = _counted_up_to(connection)  # before the spans: they are never behind it
        rows = connection.execute(_near(chosen, place)).all()
    uncounted = Piece(first=counted + 1)
    is_upward = place.is_upward
    spans = list(_merged(_ranges(rows, counted), is_upward))
    if len(rows) < _MOST_SPANS:
        return [*spans, uncounted] if is_upward else [uncounted, *spans]
    if is_upward:
        edge = rows[-1].first_id  # spans that begin later were not read
        kept = [_cut(piece, last=edge) for piece in spans if piece.first <= edge]
        return [*kept, Piece(first=edge + 1)]
    edge = rows[-1].last_id
    kept = [_cut(piece, first=edge) for piece in spans if piece.last >= edge]
    return [uncounted, *kept, Piece(last=edge - 1)]


def about_how_many(chosen: ConsentFilter) -> int:
    """Returns how many records fit: as counted, days whole, and what is not counted yet."""
    spans = _SPANS.c
    with reading_engine().connect() as connection:
        counted = _counted_up_to(connection)
        oldest = connection.execute(select(func.min(_RECORDS.c.id))).scalar_one() or 0
        query = select(func.coalesce(func.sum(spans.records), 0))
        query = query.where(*_fitting(chosen), spans.last_id >= oldest)
        total = int(connection.execute(query).scalar_one())
        new = select(_RECORDS.c.id).where(_RECORDS.c.id > counted, *conditions(chosen))
        fresh = new.limit(_MOST_UNCOUNTED).subquery()
        total += int(connection.execute(select(func.count()).select_from(fresh)).scalar_one())
    return total


def number_at(instant: datetime) -> int | None:
    """Returns the row below which the records of before an instant are; None: that is all."""
    before = select(func.max(_SPANS.c.last_id)).where(_SPANS.c.first_at < instant)
    behind = select(_SPANS.c.last_id).where(_SPANS.c.first_at >= instant).limit(1)
    with reading_engine().connect() as connection:
        if connection.execute(behind).first() is None:
            return None
        last = connection.execute(before).scalar_one()
    return (last or 0) + 1


def _narrows(chosen: ConsentFilter) -> bool:
    """Whether a filter asks for more than an index over the records answers."""
    asked = (chosen.action, chosen.policy_version, chosen.language, chosen.since, chosen.until)
    return any(value is not None for value in asked)


def _fitting(chosen: ConsentFilter) -> list[ColumnElement[bool]]:
    spans = _SPANS.c
    fitting: list[ColumnElement[bool]] = [
        spans[name] == value
        for name in ("site_id", "action", "policy_version", "language")
        if (value := getattr(chosen, name)) is not None
    ]
    if chosen.since is not None:
        fitting.append(spans.last_at > chosen.since)
    if chosen.until is not None:
        fitting.append(spans.first_at < chosen.until)
    return fitting


def _near(chosen: ConsentFilter, place: Place) -> Select[Any]:
    spans = _SPANS.c
    query = select(spans.first_id, spans.last_id, spans.records).where(*_fitting(chosen))
    if place.below is not None:
        query = query.where(spans.first_id < place.below)
    if place.above is not None:
        return query.where(spans.last_id > place.above).order_by(spans.first_id).limit(_MOST_SPANS)
    return query.order_by(spans.last_id.desc()).limit(_MOST_SPANS)


def _ranges(rows: Sequence[Any], counted: int) -> Iterator[tuple[int, int]]:
    for first, last, records in rows:
        ends = {(first, first), (last, last)} if records <= _FEW else {(first, last)}
        yield from ((low, min(high, counted)) for low, high in ends if low <= counted)


def _merged(ranges: Iterable[tuple[int, int]], is_upward: bool) -> Iterator[Piece]:
    """Joins what overlaps or nearly does; some narrow pieces in a row are one."""
    joined: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if joined and first <= joined[-1][1] + _gap(joined[-1], (first, last)):
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    ids: list[int] = []
    for first, last in joined if is_upward else reversed(joined):
        if _is_narrow((first, last)):
            ids += range(first, last + 1)
            continue
        if ids:
            yield Piece(min(ids), max(ids), tuple(ids))
            ids = []
        yield Piece(first, last)
    if ids:
        yield Piece(min(ids), max(ids), tuple(ids))


def _gap(one: tuple[int, int], other: tuple[int, int]) -> int:
    """Returns how far apart two ranges may be to be read as one."""
    return 1 if _is_narrow(one) or _is_narrow(other) else _GAP


def _is_narrow(ends: tuple[int, int]) -> bool:
    return ends[1] - ends[0] < _NARROW


def _cut(piece: Piece, *, first: int | None = None, last: int | None = None) -> Piece:
    low = piece.first if first is None else max(piece.first, first)
    high = piece.last if last is None else min(piece.last, last)
    return Piece(low, high, tuple(number for number in piece.ids if low <= number <= high))


def _counted_up_to(connection: Connection) -> int:
    return int(connection.execute(select(_PROGRESS.c.counted_id)).scalar_one_or_none() or 0)


def _lesser(column: Any, value: Any) -> Any:
    return case((column > value, value), else_=column)


def _greater(column: Any, value: Any) -> Any:
    return case((column < value, value), else_=column)
