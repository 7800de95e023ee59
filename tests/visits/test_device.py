"""What is kept of a user-agent header, and what is remembered of it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from consent_server.visits import device
from consent_server.visits.device import HEADER_CHARACTERS, Device, device_of
from support.shop import IPHONE

WINDOWS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/130.0.0.0 Safari/537.36"
)


@pytest.mark.parametrize(
    ("header", "kept"),
    [
        pytest.param(
            IPHONE, Device("mobile", "Mobile Safari", "17.0", "iOS", "17.0", "iPhone"), id="phone"
        ),
        pytest.param(WINDOWS, Device("pc", "Chrome", "130.0.0", "Windows", "10"), id="pc"),
        pytest.param(
            "Mozilla/5.0 (compatible; Yeti/1.1; +https://naver.me/spd)",
            Device("bot", "Yeti", "1.1", "", "", "Spider"),
            id="bot",
        ),
        pytest.param("", Device("other"), id="no header"),
        pytest.param("\0" * 9, Device("other"), id="no words"),
    ],
)
def test_families_and_versions_are_kept(header: str, kept: Device) -> None:
    assert device_of(header) == kept


def test_nothing_behind_the_512th_character_is_read() -> None:
    padded = "x" * HEADER_CHARACTERS

    assert device_of(padded + IPHONE) is device_of(padded)


def test_a_header_is_parsed_once_and_only_so_many_are_remembered() -> None:
    device._parsed.cache_clear()

    for number in range(device._CACHE_ENTRIES + 100):
        device_of(f"Chrome/{number}")
        device_of(WINDOWS)

    remembered = device._parsed.cache_info()
    assert remembered.misses == device._CACHE_ENTRIES + 101
    assert remembered.currsize == remembered.maxsize == device._CACHE_ENTRIES


def test_the_matcher_is_loaded_at_first_use_or_when_warmed() -> None:
    script = (
        "import sys\n"
        "import consent_server.visits.views\n"
        "from consent_server.visits.device import warm\n"
        "loaded = lambda: 'ua_parser_rs' in sys.modules or 'user_agents' in sys.modules\n"
        "before = loaded()\n"
        "warm()\n"
        "print(before, loaded())\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert done.stdout.split() == ["False", "True"]
