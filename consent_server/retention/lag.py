"""How late destruction is: by the oldest row or key that exists although its end has passed.

A destruction that has begun and is not certified counts as well: traces may be left in a file.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine, Table, select

from consent_server import clock
from consent_server.keys.ring import KeyRing
from consent_server.periods import RetentionPeriod
from consent_server.retention.due import end_of, open_destructions
from consent_server.storage.database import table_of
from consent_server.visits.models import ArchivedVisit, Visit


def lag_seconds(
    main: Engine, archive: Engine | None, ring: KeyRing, period: RetentionPeriod
) -> float:
    """Returns by how many seconds the oldest record or key is late; 0 when none is.

    archive: None for a page, which opens no connection to it. The keys of what lies there and
    notes of destructions that have begun tell as much, unless rows outlive both. Reads one entry
    of an index per database. Raises what the engines raise.
    """
    now = clock.now()
    ends = [_oldest(main, table_of(Visit), now)]
    ends += [_oldest(archive, table_of(ArchivedVisit), now)] if archive else []
    ends += [end_of(day, period) for day in ring.days()[:1]]
    ends += [opened.gone_at for opened in open_destructions(main)[:1]]
    return max((now - end).total_seconds() for end in [now, *filter(None, ends)])


def _oldest(engine: Engine, table: Table, now: datetime) -> datetime | None:
    query = select(table.c.gone_at).where(table.c.gone_at <= now).order_by(table.c.gone_at).limit(1)
    with engine.connect() as connection:
        return connection.execute(query).scalar_one_or_none()
