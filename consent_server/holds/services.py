"""Verbs of legal holds: open, extend, release, read; and the job that keeps and ends them.

A hold is open from when its scope is sealed until its last instant or its release. Each step of an
ending may be repeated; one that was cut off is finished by the next run. Reads deny from the last
instant on, whatever the job did.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, delete, func, select, update

from consent_server import clock
from consent_server.audit.services import SERVICE, Act, record_act
from consent_server.errors import N_, CommandError, ConfigError, KeyDestroyed, Unavailable
from consent_server.holds.keeping import DAYS, HELD, HELD_CLASS, HOLDS, SCOPE_CLASS, Keeping, key_of
from consent_server.holds.rules import (
    REASON_CHARACTERS,
    NewHold,
    check_end,
    check_new,
    check_reason,
    normal_sought,
)
from consent_server.holds.shown import HeldView, Hold, hold_of, is_over, view_of
from consent_server.storage import sqlite

_CHUNK_ROWS: Final = 1500  # one transaction
_READERS_SECONDS: Final = 2.0
_AT_ONCE_ROWS: Final = 2000  # copied while the operator waits; the job copies the rest
_UNFINISHED: Final = timedelta(minutes=10)  # an opening that took longer was cut off
_log = logging.getLogger(__name__)


Certify = Callable[[Hold, datetime], None]


@dataclass(frozen=True, slots=True)
class HoldKeeper:
    """Everything that the verbs need; call inside an application context.

    certify: states that a hold's visits were destroyed, begun at an instant; once, however often
    it is told.
    """

    keeping: Keeping
    certify: Certify

    def open(self, new: NewHold, operator: str) -> Hold:
        """Opens a hold, copies what it covers (a big one's rest with the job) and returns it.

        Raises CommandError when it may not be as it is, Unavailable; then the next run removes
        what was begun.
        """
        now = clock.now()
        check_new(new, now)
        hold_id = uuid.uuid4()
        _write_down("hold.open", operator, new.site_id, hold_id, new.reason)
        row = {
            **{name: getattr(new, name) for name in _AS_GIVEN},
            "hold_id": hold_id,
            "opened_at": now,
            "opened_by": operator,
        }
        self._write(HOLDS.insert().values(row))  # before the key: so a key is never nobody's
        sought = normal_sought(new.narrowed_by, new.sought).encode()
        try:
            scope = self.keeping.ring.encrypt(SCOPE_CLASS, key_of(hold_id), hold_id, sought)
        except (OSError, ConfigError) as error:
            raise Unavailable("The key ring is away at the moment.") from error
        self._write(update(HOLDS).where(HOLDS.c.hold_id == hold_id).values(scope=scope))
        self.keeping.keep(self._row(hold_id), limit_rows=_AT_ONCE_ROWS)
        return self.find(hold_id)

    def extend(self, hold_id: UUID, ends_at: datetime, operator: str, reason: str) -> Hold:
        """Moves the end of an open hold. Raises CommandError."""
        hold, reason = self._open_one(hold_id), check_reason(reason)
        check_end(ends_at, clock.now())
        _write_down("hold.extend", operator, hold.site_id, hold_id, reason)
        self._write(update(HOLDS).where(_is_open(hold_id)).values(ends_at=ends_at))
        return self.find(hold_id)

    def release(self, hold_id: UUID, operator: str, reason: str) -> Hold:
        """Ends a hold now and destroys its key and visits. Raises CommandError."""
        hold, reason = self._open_one(hold_id), check_reason(reason)
        _write_down("hold.release", operator, hold.site_id, hold_id, reason)
        self._write(update(HOLDS).where(_is_open(hold_id)).values(released_at=clock.now()))
        self._end(self._row(hold_id))
        return self.find(hold_id)

    def read_held(
        self,
        hold_id: UUID,
        operator: str,
        reason: str,
        *,
        before_id: int | None = None,
        limit: int = 50,
    ) -> list[HeldView]:
        """Returns visits of an open hold, newest first, after an entry in the access log.

        before_id: the last id of the page before. Raises CommandError without a reason, or when
        the hold is over.
        """
        hold, reason = self._open_one(hold_id), check_reason(reason)
        query = select(HELD).where(HELD.c.hold_id == hold_id).order_by(HELD.c.id.desc())
        if before_id is not None:
            query = query.where(HELD.c.id < before_id)
        with self.keeping.archive.connect() as connection:
            rows = connection.execute(query.limit(limit)).all()
        name = key_of(hold_id)
        opened = self.keeping.ring.decrypt_page(
            HELD_CLASS, [(name, row.visit_id, row.payload) for row in rows]
        )
        views = [view_of(row, plain) for row, plain in zip(rows, opened, strict=True) if plain]
        _write_down("hold.read", operator, hold.site_id, hold_id, reason, len(views))
        return views

    def all(self) -> list[Hold]:
        """Returns every hold: open ones first, those that end first first."""
        with self.keeping.archive.connect() as connection:
            rows = connection.execute(select(HOLDS)).all()
            count = select(HELD.c.hold_id, func.count()).group_by(HELD.c.hold_id)
            counts = {row[0]: row[1] for row in connection.execute(count)}
        holds = [hold_of(row, counts.get(row.hold_id, 0)) for row in rows]
        return sorted(holds, key=lambda hold: (not hold.is_open, hold.ends_at))

    def find(self, hold_id: UUID) -> Hold:
        """Returns one hold. Raises CommandError when there is none."""
        row = self._row(hold_id)
        with self.keeping.archive.connect() as connection:
            query = select(func.count()).where(HELD.c.hold_id == hold_id)
            return hold_of(row, connection.execute(query).scalar_one())

    def run(self) -> int:
        """Copies new visits into open holds and ends those that are over; returns copies made.

        For the job, before anything is destroyed. A hold whose key is damaged or away keeps no
        other waiting; an outage of a database is raised.
        """
        copied = 0
        for row in self._unfinished():
            if row.scope is None and row.opened_at > clock.now() - _UNFINISHED:
                continue  # it is being opened at this moment
            try:
                if is_over(row) or row.scope is None:
                    self._end(row)
                else:
                    copied += self.keeping.keep(row)
            except (KeyDestroyed, ConfigError, OSError) as error:
                _log.error("hold %s: %s", row.hold_id, type(error).__name__)
        self._destroy_late_keys()
        self.keeping.forget_days()
        return copied

    def keep_before_erasure(self, site_id: int, hashes: Mapping[date, bytes]) -> None:
        """Copies what open holds cover of a visitor's visits, which are about to be erased."""
        for row in self._unfinished():
            if row.site_id == site_id and row.scope is not None and not is_over(row):
                self.keeping.keep_of_visitor(row, hashes)

    def overdue(self) -> int:
        """Counts copies of holds that are over, and holds that are over and not yet destroyed."""
        over = [row.hold_id for row in self._unfinished() if is_over(row)]
        with self.keeping.archive.connect() as connection:
            query = select(func.count()).where(HELD.c.hold_id.in_(over))
            return len(over) + int(connection.execute(query).scalar_one())

    def by_end(self) -> dict[datetime, int]:
        """Returns how many copies go at which instant, of holds not yet destroyed."""
        ends: dict[datetime, int] = {}
        for hold in self.all():
            if hold.destroyed_at is None and hold.held:
                end = hold.released_at or hold.ends_at
                ends[end] = ends.get(end, 0) + hold.held
        return ends

    def _end(self, row: Row[Any]) -> None:
        began_at = clock.now()
        archive, this = self.keeping.archive, HOLDS.c.hold_id == row.hold_id
        count = select(func.count()).where(HELD.c.hold_id == row.hold_id).scalar_subquery()
        self._write(update(HOLDS).where(this, HOLDS.c.held.is_(None)).values(held=count))
        self.keeping.ring.destroy_all([key_of(row.hold_id)])
        chunk = select(HELD.c.id).where(HELD.c.hold_id == row.hold_id).limit(_CHUNK_ROWS)
        while self._write(delete(HELD).where(HELD.c.id.in_(chunk))):
            pass
        self._write(delete(DAYS).where(DAYS.c.hold_id == row.hold_id))
        if archive.dialect.name == "sqlite":
            sqlite.truncate_wal(archive, _READERS_SECONDS)  # else the next run of retention
        if (hold := self.find(row.hold_id)).held:
            self.certify(hold, began_at)
        if row.released_at is None:
            _write_down("hold.end", SERVICE, row.site_id, row.hold_id, "")
        done = update(HOLDS).where(this, HOLDS.c.destroyed_at.is_(None))
        self._write(done.values(destroyed_at=clock.now(), scope=None))

    def _destroy_late_keys(self) -> None:
        """A copy that was being sealed while its hold ended may have made the key anew."""
        with self.keeping.archive.connect() as connection:
            query = select(HOLDS.c.hold_id).where(HOLDS.c.destroyed_at.is_not(None))
            late = [key_of(hold_id) for hold_id in connection.scalars(query)]
        if again := sorted(set(late).intersection(map(str, self.keeping.ring.names()))):
            self.keeping.ring.destroy_all(again)

    def _unfinished(self) -> Sequence[Row[Any]]:
        query = select(HOLDS).where(HOLDS.c.destroyed_at.is_(None)).order_by(HOLDS.c.opened_at)
        with self.keeping.archive.connect() as connection:
            return connection.execute(query).all()

    def _open_one(self, hold_id: UUID) -> Row[Any]:
        row = self._row(hold_id)
        if is_over(row) or row.scope is None:
            raise CommandError(N_("This hold is over."))
        return row

    def _row(self, hold_id: UUID) -> Row[Any]:
        with self.keeping.archive.connect() as connection:
            row = connection.execute(select(HOLDS).where(HOLDS.c.hold_id == hold_id)).one_or_none()
        if row is None:
            raise CommandError(N_("There is no such hold; see `holds list`."))
        return row

    def _write(self, work: Any) -> int:
        with self.keeping.archive.execution_options(writes=True).begin() as connection:
            return connection.execute(work).rowcount


_AS_GIVEN: Final = (
    "name",
    "basis",
    "reference",
    "officer",
    "site_id",
    "since",
    "until",
    "narrowed_by",
    "ends_at",
)


def _is_open(hold_id: UUID) -> ColumnElement[bool]:
    return and_(
        HOLDS.c.hold_id == hold_id, HOLDS.c.released_at.is_(None), HOLDS.c.ends_at > clock.now()
    )


def _write_down(
    act: str, operator: str, site_id: int, hold_id: UUID, reason: str, count: int | None = None
) -> None:
    record_act(
        Act(
            operator=operator,
            act=act,
            site_id=site_id,
            record_count=count,
            reason=reason[:REASON_CHARACTERS],
            reference=str(hold_id),
        )
    )
