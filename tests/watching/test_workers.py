"""Several workers count together, and what one of them said of itself ends with it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from consent_server.watching.exposition import exposition
from consent_server.watching.metrics import Metrics
from consent_server.watching.workers import is_alive, shared_counts
from support.postgres import Postgres
from support.service import MakeService, Service

_CHILD = """
import sys
from consent_server.watching.metrics import Metrics
metrics = Metrics()
metrics.queued(7)
metrics.leads(True)
metrics.answered("GET", "/x", 200, 0.01)
"""


def samples(page: bytes) -> dict[str, float]:
    return {
        sample.name: sample.value
        for family in text_string_to_metric_families(page.decode())
        for sample in family.samples
    }


def test_sums_outlive_a_worker_and_its_present_state_does_not(tmp_path: Path) -> None:
    with shared_counts(tmp_path):
        subprocess.run([sys.executable, "-c", _CHILD], check=True)
        metrics = Metrics()
        metrics.queued(2)
        metrics.answered("GET", "/x", 200, 0.01)

        found = samples(exposition(metrics, list))

    assert found["consent_requests_total"] == 2
    assert found["consent_queue_records"] == 2
    assert found["consent_lease_holder"] == 0


def test_the_folder_is_made_anew_and_leaves_nothing_behind(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    left = tmp_path / "run" / f"metrics-{socket.gethostname()}-{dead.pid}"
    of_another_host = tmp_path / "run" / "metrics-elsewhere-1"
    for folder in (left, of_another_host):
        folder.mkdir(parents=True)

    with shared_counts(tmp_path) as folder:
        inside = set((tmp_path / "run").iterdir())
    after = set((tmp_path / "run").iterdir())

    assert inside == {folder, of_another_host}
    assert after == {of_another_host}
    assert not is_alive(dead.pid)
    assert is_alive(os.getpid())


@pytest.fixture
def two_workers(make_service: MakeService, postgres: Postgres) -> Iterator[Service]:
    names = postgres.new_database(), postgres.new_database()
    service = make_service(
        {
            "CONSENT_DATABASE_URL": postgres.url(names[0]),
            "CONSENT_ARCHIVE_DATABASE_URL": postgres.url(names[1]),
        }
    )
    service.start("--workers", "2")
    deadline = time.monotonic() + 40
    while len(processes(service)) < 2:  # ready is the service with the first of them
        assert time.monotonic() < deadline
    yield service
    service.kill()


def processes(service: Service) -> set[str]:
    """Returns the numbers of the workers that count."""
    families = text_string_to_metric_families(service.get("/metrics")[1].decode())
    return {
        s.labels["pid"] for f in families if f.name == "consent_lease_holder" for s in f.samples
    }


def test_whichever_worker_is_asked_tells_of_both(two_workers: Service) -> None:
    both = processes(two_workers)
    for _ in range(40):  # each on a connection of its own, so both workers get some
        two_workers.get("/policies/nosuchsite00")

    status, page = two_workers.get("/metrics")
    families = {f.name: f.samples for f in text_string_to_metric_families(page.decode())}

    assert status == 200
    asked = [s for s in families["consent_requests"] if "polic" in s.labels["route"]]
    assert sum(sample.value for sample in asked) == 40
    assert len(families["consent_process_resident_memory_bytes"]) == 2
    assert sum(sample.value for sample in families["consent_queue_limit_records"]) == 20_000
    assert {s.labels["pid"] for s in families["consent_process_open_fds"]} == both


def test_the_service_takes_its_folder_away_when_it_stops(two_workers: Service) -> None:
    assert len(list(two_workers.home.glob("run/metrics-*/*.db"))) >= 6

    two_workers.stop()

    assert list(two_workers.home.glob("run/*")) == []
