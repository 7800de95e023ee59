"""What it takes to know the device of a visit: `user_agents.parse` beside ours, in one run.

Each way turns the same headers, one after the other, into what is kept of a visit; the ways take
turns, round by round, and the median round counts. Processor time is measured, not time on the
wall, so that other work on the machine weighs less. Nothing is remembered between rounds, except
where the cache itself is measured. Headers come from tests/vectors/user_agents.json.

    python -m bench.device            prints the table
    python -m bench.device --write    also stores it
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from statistics import median
from time import process_time
from typing import Any

from ua_parser import user_agent_parser
from user_agents import parsers

from bench.deployment import ROOT
from consent_server.visits import device
from consent_server.visits.device import Device, device_of, summary

_RESULT = ROOT / "bench" / "results" / "device.json"
_CORPUS = ROOT / "tests" / "vectors" / "user_agents.json"
_ROUNDS = 7
_TIMES_A_ROUND = {"stock": 1, "ours": 10, "cached": 100}  # each long enough for the clock
_PACKAGES = ("user-agents", "ua-parser", "ua-parser-builtins", "ua-parser-rs")
_KINDS = ("visitors", "devices", "crawlers")


def stock(header: str) -> Device:
    """Parses as `user-agents` does by itself."""
    return summary(parsers.parse(header))


_WAYS: dict[str, Callable[[str], Device]] = {
    "stock": stock,
    "ours": device._parsed.__wrapped__,  # what stands behind the cache
    "cached": device_of,
}


def measure(headers: list[str]) -> dict[str, list[float]]:
    """Returns how many headers each way does per second, round by round."""
    rates: dict[str, list[float]] = {way: [] for way in _WAYS}
    for header in headers:
        device_of(header)  # all are in the cache, the matcher is loaded and has warmed up
    for _ in range(_ROUNDS):
        for way, rounds in rates.items():
            rounds.append(_rate(_WAYS[way], headers, _TIMES_A_ROUND[way]))
    return rates


def _rate(way: Callable[[str], Device], headers: list[str], times: int) -> float:
    took = 0.0
    for _ in range(times):
        user_agent_parser._PARSE_CACHE.clear()  # of 200 headers; ours is passed by
        before = process_time()
        for header in headers:
            way(header)
        took += process_time() - before
    return times * len(headers) / took


def measure_all() -> dict[str, Any]:
    """Measures each kind of header; returns the result as it is stored."""
    corpus = json.loads(_CORPUS.read_text())
    return {
        "method": (__doc__ or "").split("\n\n")[1].replace("\n", " "),
        "measured_on": datetime.now(UTC).date().isoformat(),
        "machine": f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}",
        "load_before": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in _PACKAGES},
        "rounds": _ROUNDS,
        "headers": {kind: _shown(corpus[kind]) for kind in _KINDS},
    }


def _shown(headers: list[str]) -> dict[str, Any]:
    rates = measure(headers)
    middle = {way: median(rounds) for way, rounds in rates.items()}
    return {
        "count": len(headers),
        "per_second": {
            way: {"median": round(middle[way]), "all": [round(rate) for rate in rounds]}
            for way, rounds in rates.items()
        },
        "times_stock": {way: round(middle[way] / middle["stock"], 1) for way in ("ours", "cached")},
    }


def table(result: dict[str, Any]) -> str:
    """Returns the result as a table in Markdown."""
    lines = [
        "| headers | stock, per second | ours, not cached | cached |",
        "|---|--:|--:|--:|",
    ]
    for kind, shown in result["headers"].items():
        rates, times = shown["per_second"], shown["times_stock"]
        cells = [f"{rates['stock']['median']:,}"]
        cells += [f"{rates[way]['median']:,} ({times[way]:,}x)" for way in ("ours", "cached")]
        lines.append(f"| {shown['count']} {kind} | {' | '.join(cells)} |")
    said = f"Measured on {result['measured_on']}, {result['machine']}, Python {result['python']}"
    return "\n".join([*lines, "", f"{said}; printed by `make bench-device`."])


def main() -> None:
    """Measures and prints; stores what the option asks for."""
    parser = argparse.ArgumentParser(description="What it takes to know the device of a visit.")
    parser.add_argument("--write", action="store_true", help=f"store {_RESULT.name}")
    options = parser.parse_args()
    result = measure_all()
    print(table(result))
    if options.write:
        _RESULT.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
