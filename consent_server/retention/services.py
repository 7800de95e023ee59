"""Verbs of retention: destroy what is due, and prove that nothing older is left.

Order matters: the day's key dies first, so that even a run that is cut off leaves nothing
readable; then the rows; then their traces in the files; then it is certified (retention.steps).
One run at a time in a deployment, whoever starts it.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final, Protocol

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from consent_server import clock
from consent_server.audit.services import COMMAND_LINE
from consent_server.certificates.head import Head
from consent_server.errors import ConfigError, Unavailable
from consent_server.keys.ring import KeyRing
from consent_server.periods import RetentionPeriod
from consent_server.retention.destruction import (
    Run,
    count_by_end,
    count_older,
    forget_ids,
    give_back,
    in_own_transaction,
    scrub,
)
from consent_server.retention.due import (
    RECORD_CLASS,
    Due,
    end_of,
    expired_days,
    find_due,
    open_destructions,
)
from consent_server.retention.rows import ClassRows
from consent_server.retention.steps import STEPS, Course, Place
from consent_server.retention.traces import Limit, Look, look_at
from consent_server.retention.wrong_clock import bring_forward
from consent_server.signing import CertificateKey
from consent_server.storage.database import ARCHIVE, db, table_of
from consent_server.storage.leases import turn
from consent_server.storage.writing.writer import Writer
from consent_server.visits.erasure import VisitEraser
from consent_server.visits.models import ArchivedVisit, RecentVisit, Visit

_HELD_CLASS: Final = "held visit"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Destroyed:
    """What one run did.

    is_scrubbed: whether no trace is left in database files. certificates: numbers of those issued.
    classes: rows of other classes.
    """

    visits: int
    archived_visits: int
    days: tuple[date, ...]
    is_scrubbed: bool
    certificates: tuple[int, ...] = ()
    classes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Older:
    """What exists although its last instant has passed.

    held_visits: of legal holds that are over, and these. traces: raw records in files, those of
    rows that are there included. open: destructions that have begun and are not certified.
    looked_at: where was searched, and what is there.
    """

    visits: int
    archived_visits: int
    keys: int
    held_visits: int = 0
    traces: int = 0
    open: int = 0
    looked_at: tuple[Look, ...] = ()
    classes: Mapping[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """The count that must be zero."""
        visits = self.visits + self.archived_visits + self.held_visits
        return visits + self.keys + sum(self.classes.values())


class HeldVisits(Protocol):
    """Legal holds, as far as retention has to do with them."""

    def run(self) -> int:
        """Copies what open holds cover and ends those that are over."""

    def overdue(self) -> int:
        """Counts what exists of holds that are over."""

    def by_end(self) -> Mapping[datetime, int]:
        """Returns how many copies go at which instant."""


@dataclass(frozen=True, slots=True)
class Coming:
    """Records and keys of a class that go at one instant (aware, UTC). is_due: it has passed."""

    record_class: str
    gone_at: datetime
    records: int
    keys: int
    is_due: bool


@dataclass(frozen=True, slots=True)
class Retention:
    """Destroys records on their day; call inside an application context.

    eraser: finishes what visitors asked to go before. held: legal holds, which keep copies.
    rows: of the classes that go row by row.
    """

    writer: Writer
    ring: KeyRing
    period: RetentionPeriod
    key: CertificateKey
    head: Head
    eraser: VisitEraser
    held: HeldVisits
    rows: ClassRows

    def run(
        self, *, executor: str = COMMAND_LINE, on_step: Callable[[str], None] = lambda step: None
    ) -> Destroyed:
        """Destroys keys, rows and traces of all visits whose last instant has passed.

        executor: who starts it, for the certificate. on_step: hears each step's name when it is
        done. Idempotent: whatever an earlier run left undone is finished. Raises Busy when another
        process is at it, Unavailable when the database cannot be written; may be called again at
        any time.
        """
        db.session.rollback()  # a read left open here would hold our own work up
        with turn(db.engine, "destruction") as keep:
            self._first_of_all()
            course = self._course(executor, keep)
            self._right_ends(course)
            self._forget_ids(course)
            for name, step in STEPS.items():
                step(course)
                on_step(name)
            classes = self._destroy_other_classes(course)
        for newest in course.issued[-1:]:
            self.head.remember(newest)
        return _told(course, classes)

    def _destroy_other_classes(self, course: Course) -> Mapping[str, int]:
        """Comes last: a fault in it holds no visit up."""
        classes = self.rows.destroy(course.now, course.executor)
        if classes:
            _log.info("destroyed %d rows of other classes", sum(classes.values()))
            course.is_scrubbed = scrub(db.engine) and course.is_scrubbed
        return classes

    def _first_of_all(self) -> None:
        """Erasures before holds: what came back with a restored database is not held anew.

        A failure is no reason to keep what is due: a hold has its copies long before that.
        """
        for what, work in (("erasures", self.eraser.run), ("legal holds", self.held.run)):
            try:
                work()
            except (DBAPIError, PoolTimeout, OSError, ConfigError, Unavailable) as error:
                _log.error("%s wait for the next run: %s", what, type(error).__name__)

    def give_room_back(self) -> int:
        """Gives the disk room of removed rows back (SQLite); returns how many bytes.

        No part of the proof, and never long: what is left is done by the next call.
        """
        places = self._course().places.values()
        freed = sum(give_back(place.engine, place.run) for place in places)
        if freed:
            _log.info("gave %.1f MB of disk room back", freed / 1e6)
        return freed

    def due(self) -> list[Due]:
        """Returns what a run would destroy now; changes nothing."""
        course = self._course()
        tables = [(place.engine, place.table) for place in course.places.values()]
        keys = expired_days(self.ring, self.period, course.now)
        return find_due(tables, keys, self.period, course.now)

    def check(self, *, older_than: datetime | None = None, in_files: bool = False) -> Older:
        """Counts rows and keys that should be gone, over both databases and the key ring.

        older_than: count what was recorded before this instant instead, due or not. in_files: look
        into the raw bytes of database files and logs as well; takes as long as reading them.
        """
        limit = Limit(older_than or clock.now(), by_record_time=older_than is not None)
        places = self._course().places
        rows = {name: count_older(at.engine, at.table, limit) for name, at in places.items()}
        keys = self._old_keys(limit)
        looks = [Look(f"{name} database, rows", f"{count} too old") for name, count in rows.items()]
        held = self.held.overdue()
        looks.append(Look("legal holds that are over", f"{held} holds and visits left"))
        looks.append(Look("key ring", f"{len(self.ring.days())} keys, {keys} of them too old"))
        for name, at in places.items() if in_files else ():
            looks += look_at(at.engine, name, at.table.name, limit)
        return Older(
            visits=rows["main"],
            archived_visits=rows["archive"],
            keys=keys,
            held_visits=held,
            classes={} if older_than else self.rows.count_over(limit.instant),
            traces=sum(look.traces for look in looks),
            open=len(open_destructions(db.engine)),
            looked_at=tuple(looks),
        )

    def _old_keys(self, limit: Limit) -> int:
        if not limit.by_record_time:
            return len(expired_days(self.ring, self.period, limit.instant))
        return sum(day < self.period.day_of(limit.instant) for day in self.ring.days())

    def forecast(self) -> list[Coming]:
        """Returns what databases and ring hold by the instant at which it goes, earliest first."""
        now = clock.now()
        records = Counter(count_by_end(db.engine, _VISITS))
        records.update(count_by_end(db.engines[ARCHIVE], _ARCHIVED))
        keys = Counter(end_of(day, self.period) for day in self.ring.days())
        coming = [
            Coming(RECORD_CLASS, gone_at, records[gone_at], keys[gone_at], gone_at <= now)
            for gone_at in {*records, *keys}
        ]
        coming += [
            Coming(_HELD_CLASS, end, count, 0, end <= now)
            for end, count in self.held.by_end().items()
        ]
        return sorted(coming, key=lambda each: (each.gone_at, each.record_class))

    def _course(self, executor: str = "", keep: Callable[[], None] = lambda: None) -> Course:
        archive = db.engines[ARCHIVE]
        return Course(
            places={
                "main": Place(db.engine, _VISITS, _kept(self.writer.run, keep)),
                "archive": Place(archive, _ARCHIVED, _kept(in_own_transaction(archive), keep)),
            },
            ring=self.ring,
            period=self.period,
            key=self.key,
            now=clock.now(),
            executor=executor,
        )

    def _right_ends(self, course: Course) -> None:
        late = sum(
            bring_forward(place.table, course.now, self.period, place.run)
            for place in course.places.values()
        )
        if late:
            _log.warning("the clock was ahead when %d visits came; their end is put right", late)

    def _forget_ids(self, course: Course) -> None:
        """Forgets ids of earlier days; before the logs are emptied, so that they leave as well."""
        yesterday = self.period.day_of(course.now) - timedelta(days=1)
        forget_ids(db.engine, _RECENT, yesterday, course.places["main"].run)


def _kept(run: Run, keep: Callable[[], None]) -> Run:
    """Keeps the turn while a long run goes on, piece by piece."""

    def keep_and_run(work: Callable[[Connection], Any]) -> Any:
        keep()
        return run(work)

    return keep_and_run


def _told(course: Course, classes: Mapping[str, int]) -> Destroyed:
    removed = sum(course.removed.values())
    if removed or course.days:
        _log.info("destroyed %d visits of %d days", removed, len(course.days))
    if not course.is_scrubbed:
        _log.warning("a long reader is in the way; the last traces go with the next run")
    return Destroyed(
        visits=course.removed["main"],
        archived_visits=course.removed["archive"],
        days=course.days,
        is_scrubbed=course.is_scrubbed,
        certificates=tuple(each.number for each in course.issued),
        classes=classes,
    )


_VISITS = table_of(Visit)
_ARCHIVED = table_of(ArchivedVisit)
_RECENT = table_of(RecentVisit)
