"""Which row numbers the visits of each day have: read from indexes that are there anyway.

A search in a period begins and ends there. A group is what ends at one instant, on SQLite of one
day: visits of one calendar day, or of some at the end of a short month.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP

from consent_server import clock
from consent_server.storage.columns import UtcDateTime
from consent_server.storage.partitions.keeper import partitions

_TIMES: Final = {name: UtcDateTime() for name in ("gone_at", "first_at", "last_at")}

# From one day to the next: for DISTINCT, SQLite would read the whole index. And of two columns
# compared at once it seeks the first alone, and reads on through the whole day.
_OF_SQLITE: Final = (
    text(
        """
        WITH RECURSIVE days (gone_at, day) AS (
          SELECT * FROM (
            SELECT gone_at, day FROM visits WHERE gone_at > :now ORDER BY gone_at, day LIMIT 1)
          UNION ALL
          SELECT
            CASE WHEN EXISTS (
                SELECT 1 FROM visits WHERE gone_at = days.gone_at AND day > days.day)
              THEN days.gone_at
              ELSE (SELECT min(gone_at) FROM visits WHERE gone_at > days.gone_at) END,
            coalesce(
              (SELECT min(day) FROM visits WHERE gone_at = days.gone_at AND day > days.day),
              (SELECT day FROM visits WHERE gone_at > days.gone_at ORDER BY gone_at, day LIMIT 1))
          FROM days WHERE days.gone_at IS NOT NULL),
        ends (gone_at, first_id, last_id) AS (
          SELECT gone_at,
            (SELECT id FROM visits WHERE gone_at = days.gone_at AND day = days.day
              ORDER BY id LIMIT 1),
            (SELECT id FROM visits WHERE gone_at = days.gone_at AND day = days.day
              ORDER BY id DESC LIMIT 1)
          FROM days WHERE days.gone_at IS NOT NULL)
        SELECT ends.gone_at, first_id, last_id,
          first.recorded_at AS first_at, last.recorded_at AS last_at
        FROM ends
        CROSS JOIN visits AS first ON first.id = first_id
        CROSS JOIN visits AS last ON last.id = last_id
        """
    )
    .bindparams(bindparam("now", type_=UtcDateTime()))
    .columns(**_TIMES)
)
# One partition at a time: for each instant the others are left out while the query runs.
_OF_POSTGRES: Final = (
    text(
        """
        SELECT ends.gone_at, first.id AS first_id, last.id AS last_id,
          first.recorded_at AS first_at, last.recorded_at AS last_at
        FROM unnest(:ends) AS ends (gone_at)
        CROSS JOIN LATERAL (
          SELECT id, recorded_at FROM visits WHERE gone_at = ends.gone_at
          ORDER BY id LIMIT 1) AS first
        CROSS JOIN LATERAL (
          SELECT id, recorded_at FROM visits WHERE gone_at = ends.gone_at
          ORDER BY id DESC LIMIT 1) AS last
        """
    )
    .bindparams(bindparam("ends", type_=ARRAY(TIMESTAMP(timezone=True))))
    .columns(**_TIMES)
)


class DayGroup(NamedTuple):
    """When its visits must be gone; row numbers, ends included; when the first and last came."""

    gone_at: datetime
    first_id: int
    last_id: int
    first_at: datetime
    last_at: datetime


def day_groups(connection: Connection) -> list[DayGroup]:
    """Returns the groups of the main database whose visits may be read, in no order."""
    now = clock.now()
    if connection.dialect.name == "sqlite":
        return [DayGroup(*row) for row in connection.execute(_OF_SQLITE, {"now": now})]
    ends = [each.gone_at for each in partitions(connection, "visits") if each.gone_at > now]
    if not ends:
        return []
    return [DayGroup(*row) for row in connection.execute(_OF_POSTGRES, {"ends": ends})]
