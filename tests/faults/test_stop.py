"""Asked to stop, the service answers whom it has heard; whom it has not may come again."""

from __future__ import annotations

import os
import signal
import time

from support.cluster import Cluster
from support.ledger import assert_nothing_is_lost_or_doubled, assert_tables_are_sound
from support.load import ORIGIN, Load
from support.service import MakeService, Service


def test_asked_to_stop_under_load_it_ends_with_0_and_keeps_what_it_acknowledged(
    service: Service,
) -> None:
    service.add_site(ORIGIN)

    with Load(service) as load:
        load.wait_for_kept(100)
        status = service.stop()

    assert status == 0
    assert load.unexpected == []
    assert_nothing_is_lost_or_doubled(service, load)
    assert_tables_are_sound(f"sqlite:///{service.home / 'consent.db'}", load)


def test_asked_twice_or_killed_while_it_stops_it_keeps_what_it_acknowledged(
    service: Service,
) -> None:
    service.add_site(ORIGIN)

    with Load(service) as load:
        for second in (signal.SIGTERM, signal.SIGKILL):
            load.wait_for_kept(50)
            for how in (signal.SIGTERM, second):
                os.killpg(service.processes[0], how)
            service.wait()
            service.start()
        load.wait_for_kept(1)
        service.stop()

    assert_nothing_is_lost_or_doubled(service, load)
    assert_tables_are_sound(f"sqlite:///{service.home / 'consent.db'}", load)


def test_a_worker_that_dies_at_once_again_ends_the_service_with_1(service: Service) -> None:
    _, worker = service.processes
    os.kill(worker, signal.SIGKILL)
    os.kill(next_worker(service, worker), signal.SIGKILL)

    assert service.wait() == 1


def next_worker(service: Service, before: int) -> int:
    """Waits until another worker is there and returns it."""
    deadline = time.monotonic() + 20
    while (workers := service.processes[1:]) in ([], [before]):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return workers[0]


def test_a_worker_that_dies_is_replaced_while_the_other_serves(
    make_service: MakeService, cluster: Cluster
) -> None:
    service = make_service(cluster.urls)
    service.add_site(ORIGIN)
    service.start("--workers", "2")
    _, first, second = service.processes

    with Load(service) as load:
        load.wait_for_kept(50)
        os.kill(first, signal.SIGKILL)
        load.wait_for_kept(200)
        serving = service.processes[1:]
        status = service.stop()

    assert (status, len(serving)) == (0, 2)
    assert second in serving
    assert first not in serving
    assert load.unexpected == []
    assert_nothing_is_lost_or_doubled(service, load)
    assert_tables_are_sound(cluster.url, load)
