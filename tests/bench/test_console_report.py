"""The section about the console's pages says what was missed, slowest page first."""

from __future__ import annotations

from typing import Any

import pytest

from bench.console_report import section


def result(*milliseconds: float) -> dict[str, Any]:
    pages = {
        f"/admin/{n}": {"processor": took, "median": 2 * took, "most": 3 * took}
        for n, took in enumerate(milliseconds)
    }
    facts = ("measured_on", "commit", "machine", "processor", "python", "sqlite", "method")
    return {
        **dict.fromkeys(facts, "x"), "load_before": 0.1, "records": 1_000_000,
        "counting_seconds": 20.0, "pages": pages,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("milliseconds", "said"),
    [
        pytest.param((20.0, 99.0), "99 ms (0.99x) | met", id="all below"),
        pytest.param((20.0, 150.0), "150 ms (1.50x) | **missed** by 1 of 2", id="one above"),
    ],
)
def test_the_slowest_page_is_held_against_the_limit(
    milliseconds: tuple[float, ...], said: str
) -> None:
    assert said in section(result(*milliseconds))


def test_pages_are_listed_slowest_first() -> None:
    lines = [line for line in section(result(5.0, 30.0, 7.0)).splitlines() if "/admin/" in line]

    assert [line.split("`")[1] for line in lines] == ["/admin/1", "/admin/2", "/admin/0"]
