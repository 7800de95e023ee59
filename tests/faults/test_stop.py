"""Asked to stop, the service answers whom it has heard; whom it has not may come again."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

from support.cluster import Cluster
from support.ledger import assert_nothing_is_lost_or_doubled, assert_tables_are_sound
from support.load import ORIGIN, Load, submission_of
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


def test_asked_again_and_again_it_still_answers_whom_it_has_heard(service: Service) -> None:
    service.add_site(ORIGIN)
    body = json.dumps(submission_of(service)).encode()

    with half_heard(service, len(body)) as connection:
        first = service.processes[0]
        for _ in range(500):
            os.killpg(first, signal.SIGTERM)
            os.killpg(first, signal.SIGINT)
        connection.sendall(body)
        answer = connection.recv(4096)

    assert answer.startswith(b"HTTP/1.1 201 ")
    assert service.wait() == 0


@contextmanager
def half_heard(service: Service, length: int) -> Iterator[socket.socket]:
    """Yields a connection on which a decision was announced and its body is being waited for."""
    head = (
        f"POST /v1/consents HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: {ORIGIN}\r\n"
        f"Content-Type: text/plain\r\nContent-Length: {length}\r\nExpect: 100-continue\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", service.port), timeout=30) as connection:
        connection.sendall(head.encode())
        assert connection.recv(4096) == b"HTTP/1.1 100 Continue\r\n\r\n"
        yield connection


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
        for _ in range(200):
            if first not in service.processes:  # noticed and replaced
                break
            load.wait_for_kept(100)
        serving = service.processes[1:]
        status = service.stop()

    assert (status, len(serving)) == (0, 2)
    assert second in serving
    assert first not in serving
    assert load.unexpected == []
    assert_nothing_is_lost_or_doubled(service, load)
    assert_tables_are_sound(cluster.url, load)
