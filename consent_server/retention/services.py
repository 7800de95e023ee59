"""Verbs of retention: destroy what is due, and prove that nothing older is left.

Order matters: the day's key dies first, so that even a run that is cut off leaves nothing
readable; then the rows; then their traces in the files. Every step may be repeated.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import Engine

from consent_server import clock
from consent_server.keys.ring import KeyRing
from consent_server.periods import RetentionPeriod
from consent_server.retention.destruction import (
    count_by_end,
    count_expired,
    forget_ids,
    in_own_transaction,
    remove_expired,
    scrub,
)
from consent_server.retention.rows import ClassRows
from consent_server.retention.wrong_clock import bring_forward
from consent_server.storage.database import ARCHIVE, db, table_of
from consent_server.storage.writer import Writer
from consent_server.visits.models import ArchivedVisit, RecentVisit, Visit

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Destroyed:
    """What one run did.

    is_scrubbed: whether no trace is left in database files. classes: rows of other classes.
    """

    visits: int
    archived_visits: int
    days: tuple[date, ...]
    is_scrubbed: bool
    classes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Older:
    """What exists although its last instant has passed."""

    visits: int
    archived_visits: int
    keys: int
    classes: Mapping[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """The count that must be zero."""
        return self.visits + self.archived_visits + self.keys + sum(self.classes.values())


@dataclass(frozen=True, slots=True)
class Due:
    """Visit records that go at one instant (aware, UTC). is_due: it has passed."""

    gone_at: datetime
    records: int
    is_due: bool


@dataclass(frozen=True, slots=True)
class Retention:
    """Destroys records on their day; call inside an application context."""

    writer: Writer
    ring: KeyRing
    period: RetentionPeriod
    rows: ClassRows

    def run(self) -> Destroyed:
        """Destroys keys, rows and traces of all records whose last instant has passed.

        Idempotent; raises Unavailable when the database cannot be written, and may be called
        again at any time.
        """
        now = clock.now()
        self._right_ends(now)
        days = tuple(self._expired_days(now))
        for day in days:
            self.ring.destroy(day)
        db.session.rollback()  # a read left open here would hold our own work up
        visits = remove_expired(db.engine, _VISITS, now, self.writer.run)
        archived = remove_expired(_archive(), _ARCHIVED, now, in_own_transaction(_archive()))
        yesterday = self.period.day_of(now) - timedelta(days=1)
        forget_ids(db.engine, _RECENT, yesterday, self.writer.run)
        is_scrubbed = all([scrub(db.engine), scrub(_archive())]) and not self._rows_left(now)
        if visits or archived or days:
            _log.info("destroyed %d visits of %d days", visits + archived, len(days))
        if not is_scrubbed:
            _log.warning("a long reader is in the way; the last traces go with the next run")
        classes = self.rows.destroy(now)  # last: a fault in it holds no visit up
        if classes:
            _log.info("destroyed %d rows of other classes", sum(classes.values()))
            is_scrubbed = scrub(db.engine) and is_scrubbed
        return Destroyed(visits, archived, days, is_scrubbed, classes)

    def _right_ends(self, now: datetime) -> None:
        late = bring_forward(_VISITS, now, self.period, self.writer.run)
        late += bring_forward(_ARCHIVED, now, self.period, in_own_transaction(_archive()))
        if late:
            _log.warning("the clock was ahead when %d visits came; their end is put right", late)

    def check(self) -> Older:
        """Counts rows and keys that should be gone, over both databases and the key ring."""
        now = clock.now()
        return Older(
            visits=count_expired(db.engine, _VISITS, now),
            archived_visits=count_expired(_archive(), _ARCHIVED, now),
            keys=sum(1 for _ in self._expired_days(now)),
            classes=self.rows.count_over(now),
        )

    def forecast(self) -> list[Due]:
        """Returns what both databases hold by the instant at which it goes, earliest first."""
        now = clock.now()
        ends = Counter(count_by_end(db.engine, _VISITS))
        ends.update(count_by_end(_archive(), _ARCHIVED))
        return [Due(gone_at, ends[gone_at], gone_at <= now) for gone_at in sorted(ends)]

    def _rows_left(self, now: datetime) -> int:
        return count_expired(db.engine, _VISITS, now) + count_expired(_archive(), _ARCHIVED, now)

    def _expired_days(self, now: datetime) -> list[date]:
        today = self.period.day_of(now)
        return [day for day in self.ring.days() if self.period.gone_on(day) <= today]


def _archive() -> Engine:
    return db.engines[ARCHIVE]


_VISITS = table_of(Visit)
_ARCHIVED = table_of(ArchivedVisit)
_RECENT = table_of(RecentVisit)
