"""Measures, prints, and stores what the options ask for."""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

from bench.banner import report, samples, visits
from bench.banner.bundle import bundle
from bench.banner.idle import cost_per_1000_mutations
from bench.banner.pages import Entry, entries, publish, versions
from bench.blocks import renew_block
from bench.chromium import circumstances, launched
from bench.deployment import ROOT, deployed

_RESULT = ROOT / "bench" / "results" / "banner.json"
_QUIET = 0.5  # processes that run or wait to run, on average over a minute


def measure(rounds: int, only: list[str]) -> dict[str, Any]:
    """Returns the result as it is stored. only: names of pages beside ours; empty = all."""
    with tempfile.TemporaryDirectory() as folder, deployed() as target, launched() as browser:
        bundle(Path(folder))
        pages = {entry.name: entry for entry in entries(target, Path(folder))}
        for entry in pages.values():
            publish(target, entry)
        chosen = [entry for entry in pages.values() if not only or entry.name in {*only, "ours"}]
        origin = target.product.origin
        seen = _rounds(browser, origin, chosen, rounds)
        found = {
            entry.name: _facts(browser, origin, entry, pages["bare"], seen[entry.name])
            for entry in chosen
        }
        idle = cost_per_1000_mutations(browser, origin, pages["ours"], pages["bare"])
        found["ours"]["idle_ms"] = round(idle, 2)
        return {
            "method": report.METHOD,
            "rounds": rounds,
            **circumstances(browser),
            "versions": versions(),
            "pages": found,
        }


def _rounds(
    browser: Browser, origin: str, chosen: list[Entry], rounds: int
) -> dict[str, list[dict[str, Any]]]:
    seen: dict[str, list[dict[str, Any]]] = {entry.name: [] for entry in chosen}
    for number in range(1, rounds + 1):
        print(f"round {number} of {rounds}", flush=True)
        for entry in chosen:
            slow = {} if entry.has_tags else visits.on_slow_network(browser, origin, entry)
            seen[entry.name].append(slow | visits.on_slow_processor(browser, origin, entry))
    return seen


def _facts(
    browser: Browser, origin: str, entry: Entry, bare: Entry, seen: list[dict[str, Any]]
) -> dict[str, Any]:
    facts: dict[str, Any] = {"kind": entry.kind, **samples.summarise(seen)}
    if entry.has_tags:
        return facts
    broken = visits.accessibility(browser, origin, entry)
    facts |= {"axe": len(broken), "axe_rules": broken}
    if entry.banner:
        facts |= samples.first_visit(seen[-1]["needed"], seen[-1]["asked"])
        facts |= samples.second_visit(seen[-1]["again"])
        facts["with_markup"] = facts["brotli"] + samples.markup_bytes(entry, bare)
    return facts


def main() -> None:
    """Reads the options."""
    parser = argparse.ArgumentParser(prog="python -m bench.banner", description=report.METHOD)
    parser.add_argument("--rounds", type=int, default=15, help="how often each page is opened")
    parser.add_argument("--only", default="", help="names of pages, with commas; not to be stored")
    parser.add_argument("--write", action="store_true", help="store it, renew docs and README")
    options = parser.parse_args()
    if options.only and options.write:
        parser.error("a part of the pages is not stored: leave --only or --write")
    load = round(os.getloadavg()[0], 1)
    if load > _QUIET:
        print(f"this machine is busy (load {load}): times will be too long", flush=True)
    result = measure(options.rounds, [name for name in options.only.split(",") if name])
    result["load_before"] = load
    print(json.dumps(result, indent=1) if options.only else report.document(result))
    if options.write:
        _RESULT.write_text(json.dumps(result, indent=1) + "\n")
        renew_block(ROOT / "docs" / "benchmarks.md", "banner", report.document(result))
        renew_block(ROOT / "README.md", "banner-bench", report.summary(result))


if __name__ == "__main__":
    main()
