"""Ids and nonces: never the same twice, not in another process either."""

from __future__ import annotations

import os
import threading

from consent_server.entropy import random_bytes, random_id


def test_no_id_comes_twice_however_many_threads_ask() -> None:
    found: list[object] = []
    threads = [
        threading.Thread(target=lambda: found.extend([random_id() for _ in range(2000)]))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(found)) == 8000


def test_an_id_is_a_random_uuid() -> None:
    assert {random_id().version for _ in range(50)} == {4}


def test_bytes_are_as_many_as_asked_for() -> None:
    assert [len(random_bytes(count)) for count in (1, 12, 16, 4096)] == [1, 12, 16, 4096]


def test_a_forked_process_hands_out_bytes_of_its_own() -> None:
    random_bytes(1)  # both hold the rest of one page now
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, random_bytes(32))
        os._exit(0)
    os.waitpid(child, 0)

    assert os.read(reader, 32) != random_bytes(32)
    os.close(reader)
    os.close(writer)
