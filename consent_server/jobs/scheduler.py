"""Runs the jobs of a deployment inside the serving process, so that no cron is needed.

Every process with the scheduler on tries for the lease; the one that has it works. A job that
fails is logged and tried again at the next interval.
"""

from __future__ import annotations

import logging
import platform
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from multiprocessing.util import Finalize  # a worker of the server runs these at its end, no atexit
from typing import Any, Protocol

from flask import Flask

from consent_server import clock
from consent_server.config import Settings
from consent_server.errors import Busy, Unavailable
from consent_server.jobs.rounds import RoundsScheduler
from consent_server.jobs.upkeep import MOVING_SECONDS, Upkeep
from consent_server.operators.grants import forget_old_grants
from consent_server.pace import SERVING
from consent_server.reports.preparing import ExportRunner
from consent_server.retention.services import Retention
from consent_server.storage.database import db
from consent_server.storage.leases import release_lease, take_lease
from consent_server.storage.partitions.keeper import PartitionKeeper
from consent_server.storage.revision import OUTAGES

_log = logging.getLogger(__name__)
_library_log = logging.getLogger("apscheduler")
SCHEDULER = "scheduler on "  # before the name of the node, in certificates
_EXPORT_SECONDS = 3.0  # somebody waits for them; to look costs one short read
_LEASE_INTERVALS = 2.5  # a holder that misses two runs loses its lease


class JobObserver(Protocol):
    """Hears what the jobs do."""

    def leads(self, is_holder: bool, /) -> None:
        """Whether this process runs the jobs."""

    def running(self) -> AbstractContextManager[object]:
        """A run goes on inside."""

    def destroyed(self, counts: Mapping[str, int], at: float, /) -> None:
        """A run succeeded at this second since 1970 and destroyed so many of each kind."""

    def job_failed(self) -> None:
        """A run failed."""


class Scheduler:
    """The jobs of one process; `start` returns at once, `stop` waits for a running job."""

    def __init__(
        self,
        app: Flask,
        settings: Settings,
        retention: Retention,
        upkeep: Upkeep,
        observer: JobObserver,
        partitions: Sequence[PartitionKeeper] = (),
        exports: ExportRunner | None = None,
    ) -> None:
        self._app = app
        self._observer = observer
        self._interval = settings.retention_interval_seconds
        self._retention = retention
        self._upkeep = upkeep
        self._exports = exports
        self._is_stopping = False
        self._renew_at = 0.0  # by the monotonic clock
        self._partitions = partitions
        self._period = settings.visit_period
        self._holder = secrets.token_hex(8)
        self._clock: Any = RoundsScheduler(timezone="UTC")  # the library has no types
        self._at_exit: Finalize | None = None

    def start(self) -> None:
        """Runs each job once soon and then at every interval."""
        self._add(self.make_partitions, "partitions")
        self._add(self.destroy_expired, "retention")
        if self._exports is not None:
            self._add(self.make_exports, "exports", min(self._interval, _EXPORT_SECONDS))
        _library_log.setLevel(logging.ERROR)  # a run that outlasts the interval is no news
        self._clock.start()
        self._at_exit = Finalize(None, self.stop, exitpriority=0)

    def stop(self) -> None:
        """Stops the jobs, waits for one that runs and leaves the lease to another process."""
        if self._at_exit is not None:
            self._at_exit.cancel()
        self._is_stopping = True
        if self._clock.running:
            self._clock.shutdown(wait=True)
            self._leave()

    def make_partitions(self) -> bool:
        """Makes the partitions of the next days; returns whether all are there.

        In every process, without the lease: what a process knows to be there costs nothing.
        """
        try:
            for keeper in self._partitions:
                keeper.ensure_ahead(self._period)
        except Unavailable as error:
            _log.warning("%s They are made when a visit needs them, or at the next try.", error)
            return False
        return True

    def destroy_expired(self) -> bool:
        """Counts, archives and destroys if this process holds the lease; returns whether it did.

        What cannot be counted or archived now hinders no destruction.
        """
        try:
            with self._app.app_context():
                if not self._leads():
                    return False
                with self._observer.running():
                    if not self._keep_up():
                        self._observer.job_failed()
                    done = self._retention.run(executor=f"{SCHEDULER}{platform.node()}")
                    self._retention.give_room_back()
                    forget_old_grants()
        except Busy:  # somebody's command is at it
            return False
        except Exception:  # noqa: BLE001 - the scheduler must live on; the next interval tries again
            self._observer.job_failed()
            _log.exception("retention failed; it is tried again in %d seconds", self._interval)
            return False
        counts = {
            "visit": done.visits,
            "archived_visit": done.archived_visits,
            "key": len(done.days),
            **done.classes,
        }
        self._observer.destroyed(counts, clock.now().timestamp())
        return True

    def make_exports(self) -> bool:
        """Makes the exports that wait, if no other process does; returns whether all went well."""
        assert self._exports is not None
        try:
            with self._app.app_context():
                done = self._exports.run(lambda: not self._is_stopping, SERVING)
        except OUTAGES:  # the run of destruction tells of it
            return False
        except Exception:  # noqa: BLE001 - the scheduler must live on; the next interval tries again
            self._observer.job_failed()
            _log.exception("exports failed; they are tried again in a few seconds")
            return False
        if not done:
            self._observer.job_failed()
        return done

    def _keep_up(self) -> bool:
        return self._upkeep.run(self._may_go_on, share=SERVING, moving_seconds=MOVING_SECONDS)

    def _may_go_on(self) -> bool:
        """Keeps the lease during long work; asked every few milliseconds, renews now and then."""
        if self._is_stopping:
            return False
        if time.monotonic() < self._renew_at:
            return True
        return self._leads()

    def _leads(self) -> bool:
        """Takes or renews the lease; returns whether this process has it."""
        seconds = self._interval * _LEASE_INTERVALS
        is_holder = take_lease(db.engine, "retention", self._holder, seconds)
        self._renew_at = time.monotonic() + self._interval / 2
        self._observer.leads(is_holder)
        return is_holder

    def _add(self, job: Callable[[], bool], name: str, seconds: float | None = None) -> None:
        late_is_fine = {"misfire_grace_time": None}  # the default drops what is late by a second
        self._clock.add_job(job, id=f"{name}-first", **late_is_fine)
        self._clock.add_job(
            job,
            "interval",
            seconds=seconds or self._interval,
            id=name,
            max_instances=1,
            coalesce=True,
            **late_is_fine,
        )

    def _leave(self) -> None:
        self._observer.leads(False)
        try:
            with self._app.app_context():
                release_lease(db.engine, "retention", self._holder)
        except Exception:  # noqa: BLE001 - the process ends anyway, and the lease expires by itself
            _log.warning("the lease could not be given back; it expires by itself")
