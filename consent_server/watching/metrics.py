"""What is counted, in the words of Prometheus (https://prometheus.io/docs/practices/naming/).

Labels are ours alone: route templates, methods, classes of status, names of tables. Nothing that a
visitor sends becomes a label, so the number of series is bounded by the program, not by traffic.
With several workers each counts in a file of its own (`watching.workers`) and whichever is asked
adds them up; otherwise counts live in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
)

from consent_server.watching.traces import NO_TRACES, Traces

_LATENCY_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_COMMIT_SECONDS: Final = (0.0005, *_LATENCY_SECONDS)
_BATCH_ROWS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500)
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "OPTIONS"})
_TOO_MANY_REQUESTS: Final = 429


class Metrics:
    """All counts of one application; each verb is cheap enough for every request.

    Is a storage.writing.gauges.WriterObserver and a jobs.scheduler.JobObserver.
    """

    def __init__(self, traces: Traces = NO_TRACES) -> None:
        disable_created_metrics()  # half as many series
        self._traces = traces
        self.queue = (0, 0)  # records that wait in this process, and how many may
        self.commits = 0  # of this process
        self.registry = registry = CollectorRegistry()
        self._children: dict[tuple[str, str, int], Callable[[float], None]] = {}
        self._requests = Counter(
            "consent_requests", "Answered requests.", ["route", "method", "status"],
            registry=registry,
        )  # fmt: skip
        self._latency = Histogram(
            "consent_request_seconds", "From the first look at a request to its last byte.",
            ["route"], buckets=_LATENCY_SECONDS, registry=registry,
        )  # fmt: skip
        self._refused = Counter(
            "consent_refused", "Requests and records turned away.", ["reason"], registry=registry
        )
        for reason in ("queue_full", "database_away", "rate_limited"):
            self._refused.labels(reason)
        self._acknowledged = Counter(
            "consent_acknowledged", "Records that are on disk, repetitions included.", ["table"],
            registry=registry,
        )  # fmt: skip
        self._queued = Gauge(
            "consent_queue_records", "Records that wait for the writer, of the table with most.",
            registry=registry, multiprocess_mode="livesum",
        )  # fmt: skip
        self._queue_limit = Gauge(
            "consent_queue_limit_records", "So many of one table may wait; above it comes 503.",
            registry=registry, multiprocess_mode="livesum",
        )  # fmt: skip
        self._batch = Histogram(
            "consent_batch_rows", "Rows of one commit.", buckets=_BATCH_ROWS, registry=registry
        )
        self._commit = Histogram(
            "consent_commit_seconds", "From the first statement of a batch to its commit.",
            buckets=_COMMIT_SECONDS, registry=registry,
        )  # fmt: skip
        self._lease = Gauge(
            "consent_lease_holder", "1 in the process that runs the jobs, else 0.",
            registry=registry, multiprocess_mode="liveall",
        )  # fmt: skip
        self._last_run = Gauge(
            "consent_destruction_last_success_timestamp_seconds",
            "When the jobs of this deployment last destroyed all that was due.",
            registry=registry, multiprocess_mode="max",
        )  # fmt: skip
        self._destroyed = Counter(
            "consent_destroyed", "What the jobs destroyed.", ["kind"], registry=registry
        )
        for kind in ("visit", "archived_visit", "key"):
            self._destroyed.labels(kind)
        self._job_failures = Counter(
            "consent_job_failures", "Runs of the jobs that failed.", registry=registry
        )
        self._scripts_built = Counter(
            "consent_scripts_built", "Scripts made because none was in memory.", registry=registry
        )
        self._scripts_kept = Gauge(
            "consent_scripts_kept", "Scripts in memory.",
            registry=registry, multiprocess_mode="livesum",
        )  # fmt: skip

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Counts one answer. route: a template of our own, never the path that was asked for."""
        key = (route, method, status // 100)
        count = self._children.get(key) or self._child(key)
        count(seconds)
        if status == _TOO_MANY_REQUESTS:
            self.refused("rate_limited")

    def queue_limit(self, records: int) -> None:
        """Says how many records may wait in this process."""
        self.queue = (0, records)
        self._queue_limit.set(records)

    def queued(self, count: int) -> None:
        """Says how many records wait now."""
        self.queue = (count, self.queue[1])
        self._queued.set(count)

    def waiting(self) -> AbstractContextManager[object]:
        """A request waits inside for its commit: a span of its trace."""
        return self._traces.step("commit")

    def acknowledged(self, rows: Mapping[str, int]) -> None:
        """Counts records that are on disk, by table."""
        for table, count in rows.items():
            self._acknowledged.labels(table).inc(count)

    def committed(self, rows: int, seconds: float) -> None:
        """Counts one commit."""
        self.commits += 1
        self._batch.observe(rows)
        self._commit.observe(seconds)

    def refused(self, reason: str) -> None:
        """Counts one refusal: queue_full, database_away or rate_limited."""
        self._refused.labels(reason).inc()

    def running(self) -> AbstractContextManager[object]:
        """The jobs run inside: a trace of its own."""
        return self._traces.step("destruction")

    def leads(self, is_holder: bool) -> None:
        """Says whether this process runs the jobs."""
        self._lease.set(is_holder)

    def destroyed(self, counts: Mapping[str, int], at: float) -> None:
        """Counts a run that succeeded. at: seconds since 1970."""
        self._last_run.set(at)
        for kind, count in counts.items():
            self._destroyed.labels(kind).inc(count)

    def job_failed(self) -> None:
        """Counts a run that failed."""
        self._job_failures.inc()

    def script_built(self, kept: int) -> None:
        """Counts a script that was made. kept: how many are in memory now."""
        self._scripts_built.inc()
        self._scripts_kept.set(kept)

    def _child(self, key: tuple[str, str, int]) -> Callable[[float], None]:
        """Returns what counts this kind of answer; looked up once, for that costs more."""
        route, method, status = key
        count = self._requests.labels(
            route, method if method in _METHODS else "other", f"{status}xx"
        ).inc
        observe = self._latency.labels(route).observe

        def both(seconds: float) -> None:
            count()
            observe(seconds)

        if method in _METHODS:  # others are too many to remember
            self._children[key] = both
        return both
