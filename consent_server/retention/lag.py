"""How late destruction is: by the oldest row or key that exists although its end has passed."""

from __future__ import annotations

from datetime import datetime, time
from typing import Final

from sqlalchemy import Engine, Table, select

from consent_server import clock
from consent_server.keys.ring import KeyRing
from consent_server.periods import RetentionPeriod
from consent_server.storage.database import table_of
from consent_server.visits.models import ArchivedVisit, Visit

_NOON: Final = time(12)


def lag_seconds(main: Engine, archive: Engine, ring: KeyRing, period: RetentionPeriod) -> float:
    """Returns by how many seconds the oldest record or key is late; 0 when none is.

    Reads one entry of an index per database. Raises what the engines raise.
    """
    now = clock.now()
    ends = [_oldest(main, table_of(Visit), now), _oldest(archive, table_of(ArchivedVisit), now)]
    ends += [period.gone_at(datetime.combine(day, _NOON, period.zone)) for day in ring.days()[:1]]
    return max((now - end).total_seconds() for end in [now, *filter(None, ends)])


def _oldest(engine: Engine, table: Table, now: datetime) -> datetime | None:
    query = select(table.c.gone_at).where(table.c.gone_at <= now).order_by(table.c.gone_at).limit(1)
    with engine.connect() as connection:
        return connection.execute(query).scalar_one_or_none()
