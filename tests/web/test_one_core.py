"""Threads that answer requests keep to one core; all others may use what the machine has."""

from __future__ import annotations

import os
import threading
from typing import Any

from werkzeug.test import run_wsgi_app

from consent_server.web.one_core import OneCore


def test_a_thread_that_answers_keeps_to_one_core_and_leaves_the_others_free() -> None:
    before = os.sched_getaffinity(0)
    seen: list[set[int]] = []

    def app(_environ: Any, start_response: Any) -> list[bytes]:
        seen.append(os.sched_getaffinity(0))
        start_response("200 OK", [])
        return [b"here"]

    bound = OneCore(app)
    threads = [threading.Thread(target=run_wsgi_app, args=(bound, {})) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [len(cores) for cores in seen] == [1, 1, 1]
    assert len(set.union(*seen)) == 1
    assert os.sched_getaffinity(0) == before
