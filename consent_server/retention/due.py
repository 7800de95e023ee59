"""What is due now: found in the databases and the ring, and written down before it is destroyed.

The note (`OpenDestruction`) is what a certificate is later made of, should the run be cut off after
the last trace is gone. It is made of what is there, never of what was meant to be done.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, time
from typing import Any, Final

from sqlalchemy import Connection, Engine, Table, delete, func, insert, select

from consent_server.keys.ring import KeyRing
from consent_server.periods import RetentionPeriod
from consent_server.retention.models import OpenDestruction
from consent_server.storage.database import table_of
from consent_server.storage.postgres import leave_cores

RECORD_CLASS: Final = "visit"

_NOON: Final = time(12)


@dataclass(frozen=True, slots=True)
class Due:
    """Visits of one day that had to be gone at one instant. sites: how many of each, by its id."""

    day: date
    gone_at: datetime
    sites: dict[str, int] = field(default_factory=dict)
    has_key: bool = False

    @property
    def records(self) -> int:
        """How many rows in both databases."""
        return sum(self.sites.values())


@dataclass(frozen=True, slots=True)
class Opened:
    """A destruction that has begun, as it was written down."""

    day: date
    gone_at: datetime
    started_at: datetime
    records: int
    sites: dict[str, int]
    has_key: bool
    executor: str


def find_due(
    tables: Iterable[tuple[Engine, Table]],
    keys: Collection[date],
    period: RetentionPeriod,
    now: datetime,
) -> list[Due]:
    """Returns what exists although its last instant has passed, oldest first; only reads.

    keys: days whose keys exist although their last instant has passed.
    """
    found: dict[tuple[date, datetime], Counter[str]] = {}
    for engine, table in tables:
        for day, gone_at, site_id, count in _expired(engine, table, now):
            found.setdefault((day, gone_at), Counter())[str(site_id)] += count
    for day in keys:
        found.setdefault((day, end_of(day, period)), Counter())
    return [
        Due(day, gone_at, dict(found[day, gone_at]), day in keys) for day, gone_at in sorted(found)
    ]


def expired_days(ring: KeyRing, period: RetentionPeriod, now: datetime) -> list[date]:
    """Returns the days whose keys exist although their last instant has passed."""
    today = period.day_of(now)
    return [day for day in ring.days() if period.gone_on(day) <= today]


def end_of(day: date, period: RetentionPeriod) -> datetime:
    """Returns the first instant at which visits of a day must be gone."""
    return period.gone_at(datetime.combine(day, _NOON, period.zone))


def open_destructions(engine: Engine) -> list[Opened]:
    """Returns the destructions that have begun, oldest first."""
    with engine.connect() as connection:
        return _opened(connection)


def write_down(
    connection: Connection, due: Iterable[Due], now: datetime, executor: str
) -> list[Opened]:
    """Writes down what will be destroyed; what was written down before stays as it is."""
    known = {(each.day, each.gone_at) for each in _opened(connection)}
    fresh = [each for each in due if (each.day, each.gone_at) not in known]
    if fresh:
        begun = {"record_class": RECORD_CLASS, "started_at": now, "executor": executor}
        rows = [asdict(each) | begun | {"records": each.records} for each in fresh]
        connection.execute(insert(_OPEN), rows)
    return _opened(connection)


def strike_out(connection: Connection, opened: Opened) -> bool:
    """Removes a note; returns False when another run has done so."""
    found = connection.execute(
        delete(_OPEN).where(
            _OPEN.c.record_class == RECORD_CLASS,
            _OPEN.c.day == opened.day,
            _OPEN.c.gone_at == opened.gone_at,
        )
    )
    return bool(found.rowcount)


def _expired(engine: Engine, table: Table, now: datetime) -> list[Any]:
    kinds = table.c.day, table.c.gone_at, table.c.site_id
    query = select(*kinds, func.count()).where(table.c.gone_at <= now).group_by(*kinds)
    with engine.begin() as connection:
        leave_cores(connection)
        return [tuple(row) for row in connection.execute(query)]


def _opened(connection: Connection) -> list[Opened]:
    query = select(*(_OPEN.c[name] for name in Opened.__slots__)).order_by(_OPEN.c.gone_at)
    return [
        Opened(**row)
        for row in connection.execute(query.where(_OPEN.c.record_class == RECORD_CLASS)).mappings()
    ]


_OPEN = table_of(OpenDestruction)
