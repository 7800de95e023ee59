"""One view of one page, in the profile of one visitor, with the probe in it.

Slow means four times slower than this machine, and for the network what Lighthouse calls "fast 3G":
562.5 ms for each request, 1.44 Mbit/s down.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, BrowserContext
from playwright.sync_api import TimeoutError as TooSlow

from bench.banner.pages import HERE, Entry
from bench.traffic import Asked, Traffic

_PROBE = (HERE / "probe.js").read_text().strip()
_SLOWDOWN = 4
_FAST_3G = {
    "offline": False,
    "latency": 562.5,  # ms
    "downloadThroughput": 1_440_000 / 8,  # bytes per second
    "uploadThroughput": 675_000 / 8,
}
_PATIENCE_MS = 60_000
_WORK = {"script_ms": "ScriptDuration", "task_ms": "TaskDuration"}


@contextmanager
def profile(browser: Browser) -> Iterator[BrowserContext]:
    """A browser profile of a phone's size without cookies or cache; forgotten afterwards."""
    context = browser.new_context(viewport={"width": 412, "height": 823}, locale="en-US")
    context.set_default_timeout(_PATIENCE_MS)
    yield context
    context.close()


class View:
    """A tab that shows one page. is_watched: see probe.js."""

    def __init__(
        self,
        context: BrowserContext,
        entry: Entry,
        *,
        is_slow: bool = True,
        is_watched: bool = False,
    ) -> None:
        self.entry = entry
        self.page = context.new_page()
        self._devtools = context.new_cdp_session(self.page)
        self._devtools.send("Performance.enable")
        self._devtools.send("Emulation.setCPUThrottlingRate", {"rate": _SLOWDOWN if is_slow else 1})
        self._traffic = Traffic(self._devtools)
        options = json.dumps(
            {"banner": entry.banner, "isWatched": is_watched and bool(entry.banner)}
        )
        self.page.add_init_script(f"({_PROBE})({options})")

    def slow_the_network(self) -> None:
        """From here on every request takes its time."""
        self._devtools.send("Network.emulateNetworkConditions", _FAST_3G)

    def open(self, origin: str) -> None:
        """Ends when the page has loaded."""
        self.page.goto(origin + self.entry.path)

    def wait_for(self, seen: str) -> None:
        """Waits until the probe has seen something. Raises SystemExit when it never comes."""
        try:
            self.page.wait_for_function(f"__bench.{seen} !== undefined")
        except TooSlow:
            raise SystemExit(f"bench: {self.entry.name} was never {seen}") from None

    def rest(self, milliseconds: float) -> None:
        """Lets the page do what it still has to do."""
        self.page.wait_for_timeout(milliseconds)

    def seen(self) -> dict[str, Any]:
        """Returns what the probe has seen. Raises SystemExit when a script of the page failed."""
        seen: dict[str, Any] = self.page.evaluate("({ ...__bench, awaitClick: undefined })")
        if seen["errors"]:
            raise SystemExit(f"bench: {self.entry.name} fails: {seen['errors'][0]}")
        return seen

    def work(self) -> dict[str, float]:
        """Returns milliseconds of scripting and of all work since the tab was opened."""
        metrics = self._devtools.send("Performance.getMetrics")["metrics"]
        seconds = {each["name"]: each["value"] for each in metrics}
        return {name: seconds[metric] * 1000 for name, metric in _WORK.items()}

    def asked(self) -> list[Asked]:
        """Returns the requests since the last call, but for the page and the scripts that wait."""
        asked = self._traffic.take()
        return [one for one in asked if not one.url.endswith("/") and "/tag" not in one.url]
