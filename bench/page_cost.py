"""What a page pays for the banner: requests and bytes on the wire, with a real Chromium.

A visitor with an empty cache opens a page, allows all, and opens the page again. Bytes are those
that pass between browser and service, headers included, counted by a relay between the two; the
browser is told in turn to accept brotli, gzip and nothing. The page itself is not counted.

    python -m bench.page_cost                    prints the table
    python -m bench.page_cost --write --readme   also stores it, and renews the README's block
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, sync_playwright

from bench.deployment import ROOT, Deployment, deployed

_RESULT = ROOT / "bench" / "results" / "page_cost.json"
_README = ROOT / "README.md"
_START, _END = "<!-- page-cost:start -->", "<!-- page-cost:end -->"
_ENCODINGS = {"brotli": "br", "gzip": "gzip", "raw": "identity"}
_MOMENTS = ("first view", "choice", "second view")
_SETTLE_MS = 1500  # beacons leave after the page has loaded; on loopback they take milliseconds


@dataclass(frozen=True)
class Cost:
    """What one moment cost: the requests to the service and the bytes both ways."""

    requests: list[str]
    sent_bytes: int
    received_bytes: int


class Requests:
    """Lists what a page asks of the service over the network, not what its cache answers."""

    def __init__(self, page: Page, service: str, accepted: str) -> None:
        self._service = service
        self._asked: dict[str, str] = {}
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.send("Network.setExtraHTTPHeaders", {"headers": {"Accept-Encoding": accepted}})
        session.on("Network.requestWillBeSent", self._on_asked)
        session.on("Network.requestServedFromCache", self._on_cached)
        session.on("Network.responseReceived", self._on_answer)

    def take(self) -> list[str]:
        """Returns the requests since the last call."""
        taken = list(self._asked.values())
        self._asked = {}
        return taken

    def _on_asked(self, event: dict[str, Any]) -> None:
        asked = event["request"]
        if asked["url"].startswith(self._service):
            path = urlsplit(asked["url"]).path
            general = "/embed/SITE_KEY.js" if path.startswith("/embed/") else path
            self._asked[event["requestId"]] = f"{asked['method']} {general}"

    def _on_cached(self, event: dict[str, Any]) -> None:
        self._asked.pop(event["requestId"], None)

    def _on_answer(self, event: dict[str, Any]) -> None:
        if event["response"].get("fromDiskCache"):
            self._on_cached(event)


def measure(browser: Browser, target: Deployment, accepted: str) -> dict[str, Cost]:
    """Returns what each moment of one new visitor costs."""
    context = browser.new_context(locale="en-US")
    page = context.new_page()
    requests = Requests(page, target.wire.url, accepted)
    target.wire.take()
    costs = {}
    for moment in _MOMENTS:
        if moment == "choice":
            page.get_by_role("button", name="Allow all").click()
        else:
            page.goto(target.page)
        page.wait_for_timeout(_SETTLE_MS)
        costs[moment] = Cost(requests.take(), *target.wire.take())
    context.close()
    return costs


def measure_all() -> dict[str, Any]:
    """Measures every encoding on one deployment; returns the result as it is stored."""
    chromium = json.loads((ROOT / ".venv" / "prepared.json").read_text())["chromium"]
    with deployed() as target, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        costs = {name: measure(browser, target, word) for name, word in _ENCODINGS.items()}
        version = browser.version
        browser.close()
    return {
        "measured_on": datetime.now(UTC).date().isoformat(),
        "method": (__doc__ or "").split("\n\n")[1].replace("\n", " "),
        "machine": f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "chromium": version,
        "costs": {
            moment: {name: asdict(cost[moment]) for name, cost in costs.items()}
            for moment in _MOMENTS
        },
    }


def table(result: dict[str, Any]) -> str:
    """Returns the result as a table in Markdown."""
    lines = [
        "| | requests to the service | bytes sent | received, brotli | gzip | raw |",
        "|---|---|--:|--:|--:|--:|",
    ]
    for moment, costs in result["costs"].items():
        requests = costs["brotli"]["requests"]
        which = ": " + ", ".join(f"`{request}`" for request in requests) if requests else ""
        sizes = [costs["brotli"]["sent_bytes"]]
        sizes += [costs[name]["received_bytes"] for name in _ENCODINGS]
        cells = " | ".join(f"{size:,}" for size in sizes)
        lines.append(f"| {moment} | {len(requests)}{which} | {cells} |")
    chromium = result["chromium"].split(".")[0]
    said = f"Headers included, with Chromium {chromium} on {result['measured_on']}"
    return "\n".join([*lines, "", f"{said}; printed by `make bench`."])


def renew_block(readme: Path, text: str) -> None:
    """Replaces what stands between the two marks. Raises SystemExit when they are not there."""
    before, start, rest = readme.read_text().partition(_START)
    _, end, after = rest.partition(_END)
    if not start or not end:
        raise SystemExit(f"{readme.name} has no {_START} ... {_END}")
    readme.write_text(f"{before}{start}\n{text}\n{end}{after}")


def main() -> None:
    """Measures and prints; stores what the options ask for."""
    parser = argparse.ArgumentParser(description="What a page pays for the banner.")
    parser.add_argument("--write", action="store_true", help=f"store {_RESULT.name}")
    parser.add_argument("--readme", action="store_true", help="renew the README's block")
    options = parser.parse_args()
    result = measure_all()
    print(table(result))
    if options.write:
        _RESULT.parent.mkdir(parents=True, exist_ok=True)
        _RESULT.write_text(json.dumps(result, indent=2) + "\n")
    if options.readme:
        renew_block(_README, table(result))


if __name__ == "__main__":
    main()
