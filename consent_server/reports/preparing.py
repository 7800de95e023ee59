"""Runs what waits: exports in the background, schedules that are due, files that must go.

One process of a deployment at a time has the turn. One that dies in the middle leaves a job that
is `running`; whoever gets the turn next destroys its piece of a file and begins it anew. A file is
never half there, and from its last instant on nobody gets it, whether or not this ran.
"""

from __future__ import annotations

import errno
import logging
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Row
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from consent_server import clock
from consent_server.audit.services import SERVICE, Act, record_act
from consent_server.errors import (
    N_,
    Busy,
    CommandError,
    ConfigError,
    KeyDestroyed,
    Unavailable,
)
from consent_server.reports import jobs
from consent_server.reports.exports import Exporter
from consent_server.reports.ledger import check_off_untouched, find_copy
from consent_server.reports.manifest import ManifestMaker
from consent_server.reports.places import Places
from consent_server.reports.rules import MOST_ATTEMPTS, retry_after
from consent_server.reports.schedules import Scheduling
from consent_server.reports.sealed import SealedFiles
from consent_server.storage.database import db
from consent_server.storage.leases import turn

_MOST_TRIES: Final = 3  # of an export for which somebody waits
_LOOK_SECONDS: Final = 1.0  # how often progress is told, and looked whether it was cancelled
_LATER: Final = timedelta(minutes=1)  # when a file that could not be destroyed is tried again
_log = logging.getLogger(__name__)

MANIFEST_SUFFIX: Final = ".manifest.json"


class _Stopped(Exception):
    """This process ends: the job begins anew elsewhere."""


class _Cancelled(Exception):
    """Somebody cancelled the job."""


@dataclass(frozen=True, slots=True)
class ExportRunner:
    """Everything that a run needs. link_hours: how long a finished file waits here."""

    exporter: Exporter
    files: SealedFiles
    places: Places
    manifests: ManifestMaker
    scheduling: Scheduling
    link_hours: int

    def run(self, go_on: Callable[[], bool] = lambda: True, share: float = 1.0) -> bool:
        """Does all that is due; returns False when something failed: the job says what.

        go_on: asked often; once it says no, what is running begins anew at the next run. Call
        inside an application context.
        """
        if not jobs.has_work():
            return True
        try:
            with turn(db.engine, "exports") as keep:
                return _Run(self, go_on, keep, share).work()
        except Busy:
            return True


@dataclass(slots=True)
class _Run:
    """One turn. rows: of the file that is being written."""

    parts: ExportRunner
    go_on: Callable[[], bool]
    keep: Callable[[], None]
    share: float
    rows: int = 0
    look_at: float = field(default_factory=time.monotonic)

    def work(self) -> bool:
        jobs.queue_interrupted()
        self._sweep()
        self._wipe()
        self.parts.scheduling.ask_for_due(self.parts.exporter)
        jobs.forget_old_jobs()
        is_well = True
        while self.go_on() and (job := jobs.next_job()) is not None:
            is_well = self._tried(job) and is_well
            self._wipe()
        return is_well

    def _tried(self, job: Row[Any]) -> bool:
        """Makes a file, or says in the job why not."""
        values = {"begun_at": clock.now(), "attempts": job.attempts + 1, "row_count": 0}
        if not jobs.change_job(job.reference, when="queued", state="running", **values):
            return True  # cancelled meanwhile
        try:
            self._make(job)
        except _Cancelled:
            return True  # what was written is gone already
        except _Stopped:
            jobs.queue_interrupted()
            return True
        except (CommandError, ConfigError, KeyDestroyed, OSError, DBAPIError, PoolTimeout,
                Unavailable) as error:  # fmt: skip
            return self._failed(job, _in_words(error), is_passing=_is_passing(error))
        except Exception as error:  # noqa: BLE001 - other exports must have their turn all the same
            _log.exception("an export failed")
            words = N_("%(error)s; the log says more.")
            return self._failed(job, CommandError(words, error=type(error).__name__))
        return True

    def _make(self, job: Row[Any]) -> None:
        order = jobs.order_of(job)
        if job.expected is None:
            jobs.change_job(job.reference, expected=self.parts.exporter.count(order.export))
        blocks = self._watched(
            job.reference, self.parts.exporter.blocks(order, self._count, self.share)
        )
        if job.place == jobs.HERE:
            self.parts.files.write(job.reference, blocks)
        else:
            self._deliver(job, blocks)
        copy, now = find_copy(job.reference), clock.now()
        latest = now + timedelta(hours=self.parts.link_hours)
        done: dict[str, Any] = {
            "row_count": copy.row_count,
            "byte_count": copy.byte_count,
            "expires_at": min(latest, copy.expires_at)
            if job.place == jobs.HERE
            else copy.expires_at,
        }
        if not jobs.change_job(
            job.reference, state="done", problem="", problem_fields={}, ended_at=now, **done
        ):  # cancelled at the last moment
            self._destroy(job)

    def _deliver(self, job: Row[Any], blocks: Iterator[bytes]) -> None:
        target = self.parts.places.open(job.place, job.target)
        target.put(job.file_name, blocks)
        try:
            manifest = self.parts.manifests.of(find_copy(job.reference), job.file_name)
            target.put(job.file_name + MANIFEST_SUFFIX, [manifest])
        except BaseException:
            target.remove(job.file_name)
            raise

    def _count(self, rows: int) -> None:
        self.rows = rows

    def _watched(self, reference: str, blocks: Generator[bytes]) -> Iterator[bytes]:
        """Passes blocks on; now and then keeps the turn, tells the progress and looks around."""
        with closing(blocks):
            for block in blocks:
                yield block
                if not self.go_on():
                    raise _Stopped
                if time.monotonic() >= self.look_at:
                    self._look_around(reference)

    def _look_around(self, reference: str) -> None:
        self.keep()
        if not jobs.change_job(reference, row_count=self.rows):
            raise _Cancelled
        self._wipe(only_here=True)
        self.look_at = time.monotonic() + _LOOK_SECONDS

    def _failed(self, job: Row[Any], why: CommandError, *, is_passing: bool = True) -> bool:
        attempts = job.attempts + 1
        is_scheduled = job.schedule_id is not None
        again = attempts < MOST_ATTEMPTS if is_scheduled else is_passing and attempts < _MOST_TRIES
        _log.warning("%s failed at attempt %d: %s", job.reference, attempts, why)
        values = jobs.problem_of(why)
        if again:
            values |= {"state": "queued", "due_at": clock.now() + retry_after(attempts)}
        else:
            values |= {"state": "failed", "ended_at": clock.now()}
        if jobs.change_job(job.reference, **values) and not again:
            check_off_untouched(job.reference)
        return False

    def _wipe(self, *, only_here: bool = False) -> None:
        """Destroys files whose last instant has come. One that cannot be is tried again."""
        for job in jobs.expired_jobs():
            if only_here and job.place != jobs.HERE:
                continue
            try:
                self._destroy(job)
            except (CommandError, ConfigError, OSError) as error:
                why, later = _in_words(error), clock.now() + _LATER
                _log.error("the file of %s is not destroyed: %s", job.reference, why)
                values = jobs.problem_of(why)
                jobs.change_job(job.reference, when="done", due_at=later, **values)
                continue
            if jobs.change_job(job.reference, when="done", wiped_at=clock.now()):
                record_act(Act(operator=SERVICE, act="export.wiped", reference=job.reference))
                if job.downloads == 0:  # nobody else has it
                    check_off_untouched(job.reference)

    def _destroy(self, job: Row[Any]) -> None:
        if job.place == jobs.HERE:
            self.parts.files.destroy([job.reference])
            return
        target = self.parts.places.open(job.place, job.target)
        for name in (job.file_name, job.file_name + MANIFEST_SUFFIX):
            target.remove(name)

    def _sweep(self) -> None:
        """Destroys what a process left that died: pieces of files, and keys of none."""
        if left := self.parts.files.all() - jobs.finished_here():
            self.parts.files.destroy(left)


def _is_passing(error: Exception) -> bool:
    """Whether it may be gone in a minute: a database that was away, not a disk that is full."""
    return isinstance(error, DBAPIError | PoolTimeout | Unavailable)


def _in_words(error: Exception) -> CommandError:
    """Returns what to do, in one line, and nothing of any record."""
    if isinstance(error, OSError):
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return CommandError(N_("No room is left on the disk; nothing of the file was kept."))
        reason = error.strerror or type(error).__name__
        return CommandError(N_("The file cannot be written: %(reason)s."), reason=reason)
    if isinstance(error, CommandError):
        return error
    if isinstance(error, ConfigError):
        return CommandError(N_("The settings do not allow it: %(error)s"), error=error)
    if isinstance(error, KeyDestroyed):
        return CommandError(N_("The key of the file is gone."))
    return CommandError(N_("The database was away."))
