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
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser

from bench.blocks import renew_block
from bench.chromium import circumstances, launched
from bench.deployment import ROOT, Deployment, deployed
from bench.traffic import Asked, Traffic

_RESULT = ROOT / "bench" / "results" / "page_cost.json"
_ENCODINGS = {"brotli": "br", "gzip": "gzip", "raw": "identity"}
_MOMENTS = ("first view", "choice", "second view")
_SETTLE_MS = 1500  # beacons leave after the page has loaded; on loopback they take milliseconds


@dataclass(frozen=True)
class Cost:
    """What one moment cost: the requests to the service and the bytes both ways."""

    requests: list[str]
    sent_bytes: int
    received_bytes: int


def measure(browser: Browser, target: Deployment, accepted: str) -> dict[str, Cost]:
    """Returns what each moment of one new visitor costs."""
    context = browser.new_context(locale="en-US")
    page = context.new_page()
    session = context.new_cdp_session(page)
    traffic = Traffic(session)
    session.send("Network.setExtraHTTPHeaders", {"headers": {"Accept-Encoding": accepted}})
    target.wire.take()
    costs = {}
    for moment in _MOMENTS:
        if moment == "choice":
            page.get_by_role("button", name="Allow all").click()
        else:
            page.goto(target.page)
        page.wait_for_timeout(_SETTLE_MS)
        costs[moment] = Cost(_named(traffic.take(), target), *target.wire.take())
    context.close()
    return costs


def _named(traffic: list[Asked], target: Deployment) -> list[str]:
    """Returns the requests to the service, without the site's own key."""
    service = target.wire.url
    asked = [one for one in traffic if one.url.startswith(service)]
    paths = [urlsplit(one.url).path.replace(target.site_key, "SITE_KEY") for one in asked]
    return [f"{one.method} {path}" for one, path in zip(asked, paths, strict=True)]


def measure_all() -> dict[str, Any]:
    """Measures every encoding on one deployment; returns the result as it is stored."""
    with deployed() as target, launched() as browser:
        costs = {name: measure(browser, target, word) for name, word in _ENCODINGS.items()}
        known = circumstances(browser)
    return {
        "method": (__doc__ or "").split("\n\n")[1].replace("\n", " "),
        **known,
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
        renew_block(ROOT / "README.md", "page-cost", table(result))


if __name__ == "__main__":
    main()
