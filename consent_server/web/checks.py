"""What `/readyz` and `/metrics` look at, at most once a second however often they are asked.

Failed: records cannot be kept here, so others should be sent elsewhere. Degraded: an operator must
look, but this node still serves, and taking it away would help nobody. A look that hangs is not
waited for: the question is answered in bounded time whatever the databases do.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from consent_server.config import Settings
from consent_server.errors import ConfigError, OldRing, Unavailable
from consent_server.keys.ring import KeyRing
from consent_server.storage.probes import trouble_of
from consent_server.watching.metrics import Metrics

T = TypeVar("T")
Status = Literal["ok", "degraded", "failed"]
STATUSES: Final[tuple[Status, ...]] = ("ok", "degraded", "failed")  # worse and worse

_FRESH_SECONDS: Final = 1.0
_PATIENCE_SECONDS: Final = 2.5  # above the second that a probe waits for a lock
_NEARLY_FULL: Final = 0.9  # of the queue
_NO_ROOM_MIB: Final = 4  # below it a commit of a batch may not fit
_MIB: Final = 1_048_576
_GRACE_SECONDS: Final = 60.0  # for a run that takes its time


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. detail: why it is not ok, for whoever runs the service."""

    status: Status = "ok"
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """All checks by name, and the numbers behind them (None: could not be had)."""

    checks: Mapping[str, Check]
    free_bytes: Mapping[str, int] = field(default_factory=dict)
    lag_seconds: float | None = None
    delays_seconds: Mapping[str, float] = field(default_factory=dict)
    overdue_exports: int | None = None
    failing_schedules: int | None = None
    overdue_reviews: int | None = None

    @property
    def status(self) -> Status:
        """The worst of all."""
        return max((check.status for check in self.checks.values()), key=STATUSES.index)


class Checks:
    """Looks at what records need.

    engines: of the databases, by history. lag_seconds: asks how late destruction is;
    lag_here_seconds: the same without a connection to the archive.
    delays_seconds: asks how late other jobs are, by name.
    overdue_exports: asks how many exported copies should be destroyed and are not said to be.
    failing_schedules: asks of how many scheduled exports the last one has failed.
    overdue_reviews: asks how many months of the access log should be reviewed and are not.
    """

    def __init__(
        self,
        settings: Settings,
        engines: Mapping[str, Engine],
        ring: KeyRing,
        metrics: Metrics,
        lag_seconds: Callable[[], float],
        lag_here_seconds: Callable[[], float],
        delays_seconds: Callable[[], Mapping[str, float]],
        overdue_exports: Callable[[], int],
        failing_schedules: Callable[[], int],
        overdue_reviews: Callable[[], int],
    ) -> None:
        self._settings = settings
        self._engines = engines
        self._ring = ring
        self._metrics = metrics
        self._lag_seconds = lag_seconds
        self._lag_here_seconds = lag_here_seconds
        self._delays_seconds = delays_seconds
        self._overdue_exports = overdue_exports
        self._failing_schedules = failing_schedules
        self._overdue_reviews = overdue_reviews
        self._places = _places(settings)
        self._lock = threading.Lock()
        self._looking: Future[Report] | None = None
        self._report: Report | None = None
        self._looked_at = float("-inf")

    def report(self) -> Report:
        """Returns what was found at most a second ago; answers within a few seconds."""
        with self._lock:
            if self._report is not None and time.monotonic() - self._looked_at < _FRESH_SECONDS:
                return self._report
            if self._looking is None:
                self._looking = Future()
                threading.Thread(
                    target=self._look, args=(self._looking,), name="checks", daemon=True
                ).start()
            looking = self._looking
        try:
            return looking.result(_PATIENCE_SECONDS)
        except TimeoutError:
            return Report({"main_database": Check("failed", "does not answer in time")})

    def report_for_a_page(self) -> Report:
        """Returns what can be found without the archive, to which no page opens a connection."""
        free, lag = self._free(), _asked(self._lag_here_seconds)
        return Report(
            checks={
                "main_database": self._database("main", "failed"),
                **self._of_this_node(free),
                "destruction": self._destruction(lag),
            },
            free_bytes=free,
            lag_seconds=lag,
            delays_seconds=_asked(self._delays_seconds) or {},
            failing_schedules=_asked(self._failing_schedules),
        )

    def _look(self, looking: Future[Report]) -> None:
        try:
            report = self._made()
        except Exception as error:  # noqa: BLE001 - whoever waits must hear of it
            report = Report({"checks": Check("failed", type(error).__name__)})
        with self._lock:
            self._report, self._looked_at, self._looking = report, time.monotonic(), None
        looking.set_result(report)

    def _made(self) -> Report:
        free, lag = self._free(), _asked(self._lag_seconds)
        return Report(
            checks={
                "main_database": self._database("main", "failed"),
                "archive_database": self._database("archive", "degraded"),
                **self._of_this_node(free),
                "destruction": self._destruction(lag),
            },
            free_bytes=free,
            lag_seconds=lag,
            delays_seconds=_asked(self._delays_seconds) or {},
            overdue_exports=_asked(self._overdue_exports),
            failing_schedules=_asked(self._failing_schedules),
            overdue_reviews=_asked(self._overdue_reviews),
        )

    def _free(self) -> dict[str, int]:
        return {place: shutil.disk_usage(path).free for place, path in self._places.items()}

    def _of_this_node(self, free: Mapping[str, int]) -> dict[str, Check]:
        return {"keys": self._keys(), "queue": self._queue(), "disk": self._disk(free)}

    def _database(self, history: str, otherwise: Status) -> Check:
        commits = self._metrics.commits
        trouble = trouble_of(self._engines[history], history)
        if trouble and history == "main" and self._metrics.commits > commits:
            return Check()  # our own writer held the lock that the probe waited for
        return Check(otherwise, f"The database {trouble}.") if trouble else Check()

    def _keys(self) -> Check:
        try:
            self._ring.check()
        except OldRing:
            return Check("failed", "The key ring is an old copy, or another; `doctor` says more.")
        except (ConfigError, OSError):
            return Check("failed", "The key ring cannot be used; see CONSENT_KEYS_DIR.")
        except Unavailable as unknown:
            return Check("degraded", unknown.detail)
        return Check()

    def _queue(self) -> Check:
        waiting, limit = self._metrics.queue
        if waiting >= limit:
            return Check("failed", "The queue is full.")
        if waiting >= limit * _NEARLY_FULL:
            return Check("degraded", "The queue is nearly full.")
        return Check()

    def _disk(self, free: Mapping[str, int]) -> Check:
        least = min(free.values()) / _MIB
        if least < _NO_ROOM_MIB:
            return Check("failed", "No room is left on a disk.")
        if least < self._settings.disk_free_mib:
            return Check("degraded", f"Less than {self._settings.disk_free_mib} MiB are free.")
        return Check()

    def _destruction(self, lag: float | None) -> Check:
        late = 2 * self._settings.retention_interval_seconds + _GRACE_SECONDS
        if lag is None:
            return Check("degraded", "Nobody can say whether destruction is late.")
        if lag > late:
            return Check("degraded", f"Destruction is late by {lag:.0f} seconds.")
        return Check()


def _asked(question: Callable[[], T]) -> T | None:
    """Returns an answer, None if it cannot be had."""
    try:
        return question()
    except (SQLAlchemyError, OSError, ConfigError, Unavailable):
        return None


def _places(settings: Settings) -> dict[str, Path]:
    """Returns the folders whose disks must have room."""
    files = {"main": settings.database_url, "archive": settings.archive_database_url}
    prefix = "sqlite:///"
    folders = {
        name: Path(url.removeprefix(prefix)).absolute().parent
        for name, url in files.items()
        if url.startswith(prefix)
    }
    keys = settings.keys_dir if settings.keys_dir.is_dir() else settings.home
    return {**folders, "keys": keys}
