"""One small number that says whether anything cached from the database is stale.

Whoever changes a site or publishes a notice raises it in the same transaction; caches compare it
at most every few seconds. So a warm request needs no SQL, and a change needs no restart. While the
database is away the last known value stays good enough to serve from, but not to refuse with.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from sqlalchemy import Engine, Integer, event, select, update
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Mapped, Session, mapped_column

from consent_server.storage.database import Model

_MAX_AGE_SECONDS = 5.0
_MIN_AGE_SECONDS = 0.1  # a flood of refused requests asks at most ten times a second

OUTAGES: Final = (OperationalError, InternalError, InterfaceError, PoolTimeout)

T = TypeVar("T")


class Revision(Model):
    """The single row that counts changes of cached facts."""

    __tablename__ = "revision"
    __table_args__ = ({"comment": "counts changes of sites and notices; tells caches to reload"},)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, comment="always 1")
    number: Mapped[int] = mapped_column(Integer, comment="raised by one with every change")


_commits_here = 0  # changes that this process committed itself: its caches look again at once


def raise_revision(session: Session) -> None:
    """Marks everything cached as stale, as part of the caller's transaction."""
    session.execute(update(Revision).values(number=Revision.number + 1))
    event.listen(session, "after_commit", _count_commit, once=True)


def _count_commit(_session: Session) -> None:
    global _commits_here
    _commits_here += 1


class Cached(Generic[T]):
    """A value built from the database, rebuilt only after the revision changed.

    engine: of the database that holds the revision.
    load: builds the value in a session of its own (the caller's session is not touched).
    """

    def __init__(self, engine: Engine, load: Callable[[Session], T]) -> None:
        self._engine = engine
        self._load = load
        self._lock = threading.Lock()
        self._value: T | None = None
        self._number = -1
        self._commits_seen = -1
        self._checked_at = float("-inf")
        self._failed_at = float("-inf")

    def get(self) -> T:
        """Returns the value, a few seconds behind the database, or more while that is away.

        One caller at a time asks whether it is stale; the others go on with what is known, so that
        a database that hangs holds up one of them and not all.
        """
        if self._value is None or time.monotonic() - self._failed_at > _MAX_AGE_SECONDS:
            try:
                self._look_again_or_go_on()
            except OUTAGES:
                if self._value is None:
                    raise
        assert self._value is not None
        return self._value

    def fresh(self) -> T:
        """Returns the value after looking at the database again: ask this before refusing.

        Raises one of OUTAGES when the database is away: then nobody knows.
        """
        self._look_again(_MIN_AGE_SECONDS)
        assert self._value is not None
        return self._value

    def _look_again_or_go_on(self) -> None:
        if self._value is None or self._commits_seen != _commits_here:
            self._look_again(_MAX_AGE_SECONDS)
        elif self._is_due(_MAX_AGE_SECONDS) and self._lock.acquire(blocking=False):
            try:
                self._refresh()
            finally:
                self._lock.release()

    def _look_again(self, max_age_seconds: float) -> None:
        if not self._is_due(max_age_seconds):
            return
        asked_at = time.monotonic()
        with self._lock:
            if self._failed_at >= asked_at:
                raise PoolTimeout("the database gave no answer to another who asked meanwhile")
            if self._is_due(max_age_seconds):  # no other thread was quicker
                self._refresh()

    def _is_due(self, max_age_seconds: float) -> bool:
        is_old = time.monotonic() - self._checked_at > max_age_seconds
        return is_old or self._commits_seen != _commits_here

    def _refresh(self) -> None:
        commits = _commits_here
        try:
            with Session(self._engine) as session:
                number = session.execute(select(Revision.number)).scalar_one()
                if self._value is None or number != self._number:
                    self._value, self._number = self._load(session), number
        except OUTAGES:
            self._failed_at = time.monotonic()
            raise
        self._checked_at, self._commits_seen = time.monotonic(), commits
