"""The history of sizes grows when something really changed."""

from __future__ import annotations

import pytest

from bench.sizes import compared, has_changed

BEFORE = {"script, English": 6400, "embed.js": 5800}


@pytest.mark.parametrize(
    "now",
    [
        pytest.param({"script, English": 6400, "embed.js": 5801}, id="a built file, by one byte"),
        pytest.param({"script, English": 6450, "embed.js": 5800}, id="the texts of the service"),
        pytest.param({**BEFORE, "new.js": 100}, id="a new part"),
        pytest.param({"embed.js": 5800}, id="a part that is gone"),
    ],
)
def test_a_change_adds_a_line(now: dict[str, int]) -> None:
    assert has_changed(BEFORE, now)


def test_a_random_key_in_the_script_adds_none() -> None:
    assert not has_changed(BEFORE, {"script, English": 6412, "embed.js": 5800})


def test_each_size_is_printed_with_its_change() -> None:
    lines = compared(BEFORE, {"script, English": 6400, "embed.js": 5750}).splitlines()

    assert lines[0].endswith("6,400 B")
    assert lines[1].endswith("5,750 B  -50")
