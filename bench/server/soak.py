"""Soak: half the load that the service bears, for long; what grows is a leak.

First the most that it bears for ten seconds, then slices of ten seconds at half of that, each over
64 new connections. After each slice: rate, p99, and of all the service's processes together the
resident memory, open descriptors and threads. Growth: the median of the last quarter over that of
the first, the warm-up left out; slopes by least squares.
"""

from __future__ import annotations

import os
import time
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import linear_regression, median
from typing import Any, Final

from bench.server import loadgen
from bench.server.children import Server, status_kib
from bench.server.cluster import Cluster
from bench.server.effort import Effort
from bench.server.loadgen import Outcome, Shot
from bench.server.service import Service
from bench.server.writes_postgresql import WORKERS, ask_ours

METHOD: Final = (
    "Choices and page views in turn on {engine} with {workers}, {minutes:g} minutes at half of the"
    " rate that was reached without pauses ({most:,.0f} a second), 64 connections made anew every"
    " ten seconds. Memory, descriptors and threads are those of all processes of the service."
    " The first {warm:.0f} seconds fill caches and are not counted."
)
_CONNECTIONS: Final = 64
_SLICE_SECONDS: Final = 10
_REST_SECONDS: Final = 1.0
_WARM_SHARE: Final = 0.1
_STEPS_TO_HALF: Final = 3
MEASURES: Final = ("rss_mib", "descriptors", "threads", "p99_ms", "per_second")


@dataclass(frozen=True)
class Sample:
    """What was seen after a slice. seconds: since the beginning."""

    seconds: float
    per_second: float
    p50_ms: float
    p99_ms: float
    rss_mib: float
    descriptors: int
    threads: int


def measure(folder: Path, effort: Effort) -> dict[str, Any]:
    """Returns the section as it is stored."""
    with ExitStack() as stack:
        is_sqlite = effort.soak_engine == "sqlite"
        cluster = None if is_sqlite else stack.enter_context(Cluster(folder).running())
        service = Service(folder, "ours", cluster)
        workers = 1 if is_sqlite else WORKERS
        server = stack.enter_context(service.serving(workers))
        shots = ask_ours(service, server.url)[2].shots
        most = loadgen.run(server.url, shots, _CONNECTIONS, _SLICE_SECONDS)
        pause = _pause_for_half(server, shots, most)
        samples = _slices(server, shots, pause, effort.soak_minutes * 60)
        rows = service.count("consent_records", "visits")
    return {
        "method": METHOD.format(
            engine="SQLite" if is_sqlite else "PostgreSQL",
            workers=f"{workers} worker" + "s" * (workers > 1),
            minutes=effort.soak_minutes,
            most=most.per_second,
            warm=_WARM_SHARE * samples[-1].seconds,
        ),
        "most_per_second": round(most.per_second),
        "pause_ms": round(pause, 2),
        "rows_written": rows,
        "growth": growth(samples),
        "samples": [asdict(sample) for sample in samples],
    }


def _pause_for_half(server: Server, shots: tuple[Shot, ...], most: Outcome) -> float:
    """Returns the rest of each connection between two requests at which half of the rate comes."""
    wanted = most.per_second / 2
    pause = _CONNECTIONS / wanted * 1000 / 2
    for _ in range(_STEPS_TO_HALF):
        seen = loadgen.run(server.url, shots, _CONNECTIONS, 3, pause)
        pause = next_pause(pause, seen.per_second, wanted)
    return pause


def next_pause(pause_ms: float, seen: float, wanted: float) -> float:
    """Returns the better pause: a round of a connection is its pause and the time of an answer."""
    answer_ms = max(0.0, _CONNECTIONS / seen * 1000 - pause_ms)
    return max(0.0, _CONNECTIONS / wanted * 1000 - answer_ms)


def _slices(server: Server, shots: tuple[Shot, ...], pause: float, seconds: float) -> list[Sample]:
    started = time.monotonic()
    samples: list[Sample] = []
    while time.monotonic() < started + seconds:
        outcome = loadgen.run(server.url, shots, _CONNECTIONS, _SLICE_SECONDS, pause)
        time.sleep(_REST_SECONDS)  # the server closes what wrk has left
        samples.append(_sample(server, outcome, time.monotonic() - started))
        last = samples[-1]
        print(
            f"    {last.seconds:6.0f} s{last.per_second:8,.0f}/s  p99 {last.p99_ms:.1f} ms"
            f"  {last.rss_mib:.0f} MiB  {last.descriptors} descriptors",
            flush=True,
        )
    return samples


def _sample(server: Server, outcome: Outcome, seconds: float) -> Sample:
    processes = [Path(f"/proc/{pid}") for pid in server.processes()]
    return Sample(
        seconds=round(seconds, 1),
        per_second=round(outcome.per_second),
        p50_ms=outcome.p50_ms,
        p99_ms=outcome.p99_ms,
        rss_mib=round(sum(status_kib(one / "status", "VmRSS") for one in processes) / 1024, 1),
        descriptors=sum(_entries(one / "fd") for one in processes),
        threads=sum(_entries(one / "task") for one in processes),
    )


def _entries(folder: Path) -> int:
    with suppress(OSError):  # ended meanwhile
        return len(os.listdir(folder))  # noqa: PTH208  # /proc needs no path objects
    return 0


def growth(samples: list[Sample]) -> dict[str, dict[str, float]]:
    """Returns of each measure the first quarter, the last, their ratio and the slope per hour."""
    warm = _WARM_SHARE * samples[-1].seconds
    steady = [sample for sample in samples if sample.seconds > warm] or samples
    return {name: _growth(steady, name) for name in MEASURES}


def _growth(steady: list[Sample], name: str) -> dict[str, float]:
    values = [float(getattr(sample, name)) for sample in steady]
    quarter = max(1, len(values) // 4)
    first, last = median(values[:quarter]), median(values[-quarter:])
    hours = [sample.seconds / 3600 for sample in steady]
    slope = linear_regression(hours, values).slope if len(values) > 1 else 0.0
    return {
        "first": round(first, 2),
        "last": round(last, 2),
        "ratio": round(last / first, 3) if first else 1.0,
        "per_hour": round(slope, 2),
        "max": round(max(values), 2),
    }
