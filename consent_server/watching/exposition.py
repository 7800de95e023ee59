"""Writes all counts of a deployment's machine in the text format of Prometheus.

Adds what is looked up only when somebody asks: the state of the service (`Look`) and memory,
processor time and descriptors of every worker.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from consent_server.watching.metrics import Metrics
from consent_server.watching.workers import forget_dead, live_processes, shared_folder

MEDIA_TYPE = CONTENT_TYPE_LATEST

Look = Callable[[], Iterable[Metric]]


def exposition(metrics: Metrics, look: Look) -> bytes:
    """Returns everything that is counted here, by all workers together."""
    asked = CollectorRegistry()
    asked.register(_Asked(look))
    folder = shared_folder()
    if folder is None:
        return generate_latest(metrics.registry) + generate_latest(asked)
    forget_dead(folder)
    together = CollectorRegistry()
    MultiProcessCollector(together, str(folder))
    return generate_latest(together) + generate_latest(asked)


class _Asked(Collector):
    """Families that are made anew for each scrape."""

    def __init__(self, look: Look) -> None:
        self._look = look

    def describe(self) -> list[Metric]:
        return []  # else registering would already look

    def collect(self) -> Iterator[Metric]:
        yield from self._look()
        yield from _processes()


def _processes() -> list[Metric]:
    """Returns memory, processor time and descriptors of each worker, told apart by its number."""
    folder = shared_folder()
    families: dict[str, Metric] = {}
    for pid in [os.getpid()] if folder is None else live_processes(folder):
        number = str(pid)
        for found in ProcessCollector("consent", pid=number.__str__, registry=None).collect():
            family = families.setdefault(
                found.name, Metric(found.name, found.documentation, found.type)
            )
            for sample in found.samples:
                family.add_sample(sample.name, {"pid": number}, sample.value)
    return list(families.values())
