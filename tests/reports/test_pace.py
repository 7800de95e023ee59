"""An export beside visitors works a tenth of the time."""

from __future__ import annotations

import time

import pytest

from consent_server import clock
from consent_server.pace import Pace


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Collects how long was slept; one second of work passes between two looks at the processor."""
    seconds: list[float] = []
    work = iter(range(100))
    monkeypatch.setattr(time, "thread_time", lambda: float(next(work)))
    monkeypatch.setattr(clock, "pause", seconds.append)
    return seconds


def test_rest_is_in_proportion_to_the_work_before(slept: list[float]) -> None:
    pace = Pace(0.1)

    pace.rest()
    pace.rest()

    assert slept[-1] == pytest.approx(9.0)


def test_at_full_share_there_is_no_rest(slept: list[float]) -> None:
    pace = Pace()

    pace.rest()
    pace.rest()

    assert slept == []
