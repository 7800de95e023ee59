"""Client hints tell what the frozen header hides, and can do no more than that header could."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_server.visits.device import DEVICE_CLASSES, Device, device_of
from consent_server.visits.hints import hinted_device, with_headers
from consent_server.visits.schemas import Hints, VisitReport
from support.shop import IPHONE

_CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0"
WINDOWS = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_CHROME} Safari/537.36"
MAC = f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {_CHROME} Safari/537.36"
CHROME_OS = f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {_CHROME} Safari/537.36"
LINUX = f"Mozilla/5.0 (X11; Linux x86_64) {_CHROME} Safari/537.36"
PHONE = f"Mozilla/5.0 (Linux; Android 10; K) {_CHROME} Mobile Safari/537.36"
TABLET = f"Mozilla/5.0 (Linux; Android 10; K) {_CHROME} Safari/537.36"
OLD_PHONE = f"Mozilla/5.0 (Linux; Android 9; SM-G960N) {_CHROME} Mobile Safari/537.36"
BOT = f"Mozilla/5.0 (Linux; Android 10; K) {_CHROME} (compatible; Googlebot/2.1)"


@pytest.mark.parametrize(
    ("version", "shown"),
    [
        ("15.0.0", "11"),
        ("13.0.0", "11"),
        ("10.0.0", "10"),
        ("1.0.0", "10"),
        ("0.3.0", "8.1"),
        ("0.2.0", "8"),
        ("0.1.0", "7"),
        pytest.param("0.0.0", "10", id="not known: as the header says"),
        pytest.param("", "10", id="not told: as the header says"),
    ],
)
def test_the_version_of_windows_is_the_real_one(version: str, shown: str) -> None:
    device = hinted_device(WINDOWS, Hints("Windows", version))

    assert (device.system, device.system_version) == ("Windows", shown)


@pytest.mark.parametrize(
    ("header", "hints", "told"),
    [
        pytest.param(
            PHONE,
            Hints("Android", "14.0.0", "SM-S918N", True),
            {"system_version": "14", "device": "Samsung SM-S918N"},
            id="an Android of today, named as the rules name it",
        ),
        pytest.param(
            PHONE, Hints("Android", "8.1.0", "moto g(7)"), {
                "system_version": "8.1", "device": "Motorola g(7)"
            }, id="a model with brackets",
        ),
        pytest.param(
            TABLET,
            Hints("Android", "13.0.0", "SM-X710"),
            {"system_version": "13", "device": "SM-X710"},
            id="a tablet stays one",
        ),
        pytest.param(
            TABLET, Hints("Android", mobile=True), {"device_class": "mobile"}, id="mobile after all"
        ),
        pytest.param(MAC, Hints("macOS", "15.1.0"), {"system_version": "15.1"}, id="macOS"),
        pytest.param(
            CHROME_OS, Hints("Chrome OS", "16033.5"), {"system_version": "16033.5"}, id="ChromeOS"
        ),
        pytest.param(
            CHROME_OS, Hints("Chromium OS", "1.2"), {"system_version": "1.2"}, id="Chromium OS"
        ),
        pytest.param(LINUX, Hints("Linux", "6.8.0"), {}, id="the kernel is no version of a system"),
        pytest.param(
            "", Hints("Windows", "13.0"), {"system": "Windows", "system_version": "11"},
            id="no header at all",
        ),
        pytest.param(
            "Pad", Hints("Android", "", "Pixel 9"), {"system": "Android", "device": "Pixel 9"},
            id="a header that says nothing",
        ),
    ],
)  # fmt: skip
def test_hints_tell_more_than_the_frozen_header(
    header: str, hints: Hints, told: dict[str, Any]
) -> None:
    assert hinted_device(header, hints) == replace(device_of(header), **told)


@pytest.mark.parametrize(
    ("header", "hints"),
    [
        pytest.param(PHONE, None, id="no hints"),
        pytest.param(PHONE, Hints(), id="empty hints"),
        pytest.param(IPHONE, Hints("Windows", "13.0.0"), id="another system than the header's"),
        pytest.param(BOT, Hints("Android", "14.0.0", "SM-S918N", True), id="a bot stays a bot"),
        pytest.param(OLD_PHONE, Hints("Android", "9", "X"), id="a header that names its model"),
        pytest.param(PHONE, Hints("android", "14.0.0", "X"), id="no known platform"),
        pytest.param(PHONE, Hints("Android", "14.0.0; rm", ""), id="no version"),
        pytest.param(PHONE, Hints("Android", "１４", ""), id="digits, but not ASCII"),
        pytest.param(PHONE, Hints("Android", "", "a\x1b[2Jb"), id="a model with controls"),
        pytest.param(PHONE, Hints("Android", "", "갤럭시"), id="a model not in ASCII"),
        pytest.param(PHONE, Hints("Android", "", "X; Windows NT 6.1"), id="a model with fields"),
    ],
)
def test_hints_that_tell_nothing_leave_the_header_s_answer(
    header: str, hints: Hints | None
) -> None:
    assert hinted_device(header, hints) == device_of(header)


def test_a_model_that_sounds_like_a_bot_is_a_model() -> None:
    device = hinted_device(PHONE, Hints("Android", "14", "Crawler bot"))

    assert (device.device_class, device.device) == ("mobile", "Crawler bot")


short = st.text(st.characters(exclude_categories=()), max_size=100)


@given(
    header=st.sampled_from([WINDOWS, MAC, PHONE, TABLET, IPHONE, BOT, ""]),
    hints=st.builds(
        Hints,
        platform=st.sampled_from(["Windows", "macOS", "Android", "Chrome OS", "Linux"]) | short,
        platformVersion=st.from_regex(r"[0-9.]{0,100}", fullmatch=True) | short,
        model=st.text(st.characters(max_codepoint=127), max_size=100) | short,
        mobile=st.booleans(),
    ),
)
def test_no_hints_raise_or_bring_in_what_cannot_be_printed(header: str, hints: Hints) -> None:
    device = hinted_device(header, hints)

    assert device.device_class in DEVICE_CLASSES
    told = (device.system, device.system_version, device.device)
    assert all(text.isascii() and text.isprintable() and len(text) <= 100 for text in told)
    assert (device.browser, device.browser_version) == _browser_of(device_of(header))


def _browser_of(device: Device) -> tuple[str, str]:
    return device.browser, device.browser_version


def report(hints: Hints | None = None) -> VisitReport:
    return VisitReport(site="site", visit_id=uuid.uuid4(), path="/", hints=hints)


@pytest.mark.parametrize(
    ("mobile", "platform", "reported", "known"),
    [
        pytest.param("?1", '"Android"', None, Hints("Android", mobile=True), id="both headers"),
        pytest.param("?0", '"Windows"', None, Hints("Windows"), id="not mobile"),
        pytest.param("?0", "", None, None, id="nothing told"),
        pytest.param("", "", Hints("macOS", "15"), Hints("macOS", "15"), id="only the page told"),
        pytest.param(
            "?1", '"Linux"', Hints("Android", "14"), Hints("Android", "14", mobile=True),
            id="the page told more",
        ),
        pytest.param("1", "Win" * 9999, None, None, id="no hint headers at all"),
    ],
)  # fmt: skip
def test_the_headers_that_browsers_send_unasked_are_read(
    mobile: str, platform: str, reported: Hints | None, known: Hints | None
) -> None:
    assert with_headers(report(reported), mobile, platform).hints == known
