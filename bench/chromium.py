"""The browser that measures: the Chromium that tools/prepare.py found, and what it runs on."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from playwright.sync_api import Browser, sync_playwright

from bench.deployment import ROOT

_FLAGS = [
    "--no-sandbox",  # whoever measures may be root
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--no-first-run",
    "--mute-audio",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
]


@contextmanager
def launched() -> Iterator[Browser]:
    """Starts Chromium without a window; it reaches this machine only."""
    found = json.loads((ROOT / ".venv" / "prepared.json").read_text())
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found["chromium"], args=_FLAGS)
        yield browser
        browser.close()


def circumstances(browser: Browser) -> dict[str, str]:
    """Returns what every result names: the day, the machine, Python and Chromium."""
    return {
        "measured_on": datetime.now(UTC).date().isoformat(),
        "machine": f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "chromium": browser.version,
    }
