"""PostgreSQL goes away and comes back under load: who is told "kept" is kept, others come again.

`FAULT_AWAY_SECONDS` says how long it stays away; `make faults` takes 30 seconds.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest

from support.cluster import Cluster
from support.ledger import assert_nothing_is_lost_or_doubled, assert_tables_are_sound
from support.load import ORIGIN, Load
from support.service import MakeService, Service

AWAY_SECONDS = float(os.environ.get("FAULT_AWAY_SECONDS", "3"))
_QUICK = {"CONSENT_DATABASE_TIMEOUT_SECONDS": "1"}
_LONGEST_SECONDS = 12.0  # of one request: several waits of a second each, on a busy machine


@pytest.fixture
def node(make_service: MakeService, cluster: Cluster) -> Iterator[Service]:
    """A deployment of two workers that gives an absent database one second."""
    service = make_service(cluster.urls | _QUICK)
    service.add_site(ORIGIN)
    service.start("--workers", "2")
    yield service
    service.kill()  # before its databases are dropped


def refused_for(load: Load, seconds: float) -> None:
    """Waits that long, and sees that visitors are refused all the while."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        load.wait_for_answers(503, 1)


def expect_sound(service: Service, cluster: Cluster, load: Load) -> None:
    assert load.unexpected == []
    assert load.answers[0] == 0  # every request had an answer
    assert load.without_retry_after == 0
    assert load.slowest_seconds < _LONGEST_SECONDS
    assert_nothing_is_lost_or_doubled(service, load)
    assert_tables_are_sound(cluster.url, load)


def test_a_database_that_is_stopped_and_started_loses_and_doubles_nothing(
    node: Service, cluster: Cluster
) -> None:
    with Load(node) as load:
        load.wait_for_kept(50)
        cluster.postgres.stop()
        refused_for(load, AWAY_SECONDS)
        cluster.postgres.start()
        load.wait_for_kept(100)

    expect_sound(node, cluster, load)


def test_a_database_that_hangs_keeps_nobody_waiting_for_long(
    node: Service, cluster: Cluster
) -> None:
    with Load(node) as load:
        load.wait_for_kept(50)
        cluster.postgres.hang()
        try:
            refused_for(load, AWAY_SECONDS)
            embedded = node.get(f"/embed/{node.site_key}.js")[0]
        finally:
            cluster.postgres.go_on()
        load.wait_for_kept(100)

    assert embedded == 200  # pages get their script all the same
    expect_sound(node, cluster, load)


def test_connections_cut_in_the_middle_of_batches_lose_and_double_nothing(
    node: Service, cluster: Cluster
) -> None:
    with Load(node) as load:
        for _ in range(10):
            load.wait_for_kept(30)
            cluster.postgres.ask(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname LIKE 'tests_%' AND pid <> pg_backend_pid()"
            )
        load.wait_for_kept(30)

    expect_sound(node, cluster, load)


def test_a_table_that_somebody_locks_is_waited_for_and_then_refused(
    node: Service, cluster: Cluster
) -> None:
    with Load(node) as load:
        load.wait_for_kept(50)
        with cluster.postgres.locked("consent_records", cluster.main):
            refused_for(load, AWAY_SECONDS)
        load.wait_for_kept(100)

    expect_sound(node, cluster, load)
