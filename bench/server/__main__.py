"""Measures the sections that are asked for, prints, and stores what the options ask for."""

from __future__ import annotations

import argparse
import json
import os
from types import ModuleType
from typing import Any, Final

from bench.blocks import renew_block
from bench.deployment import ROOT
from bench.server import (
    destruction,
    embed,
    exports,
    report,
    soak,
    writes_postgresql,
    writes_sqlite,
)
from bench.server.chart import soak_chart
from bench.server.circumstances import circumstances
from bench.server.effort import Effort
from bench.server.loadgen import VoidRunError
from bench.server.places import folder_on_disk

_RESULTS: Final = ROOT / "bench" / "results"
_RESULT: Final = _RESULTS / "server.json"
_SOAK: Final = _RESULTS / "soak.json"
_CHART: Final = ROOT / "docs" / "images" / "soak.svg"
_QUIET: Final = 0.5  # processes that run or wait to run, on average over a minute
_SECTIONS: Final[dict[str, ModuleType]] = {
    "writes-postgresql": writes_postgresql,
    "writes-sqlite": writes_sqlite,
    "embed": embed,
    "exports": exports,
    "destruction": destruction,
    "soak": soak,
}


def main() -> None:
    """Reads the options."""
    options = _options()
    effort = Effort(
        rounds=options.rounds,
        seconds=options.seconds,
        rows=options.rows,
        soak_minutes=options.soak_minutes,
        soak_engine=options.soak_on,
    )
    if os.getloadavg()[0] > _QUIET:
        print(f"this machine is busy (load {os.getloadavg()[0]:.1f}): figures will be too low")
    measured = {}
    for name in options.sections or _SECTIONS:
        print(f"{name}", flush=True)
        section = measure(_SECTIONS[name], effort)
        measured[name.replace("-", "_")] = section
        if options.write:
            store(name.replace("-", "_"), section)
    print(report.document({"sections": measured}))
    if options.write:
        publish()


def measure(section: ModuleType, effort: Effort) -> dict[str, Any]:
    """Returns a section with its circumstances. Raises SystemExit when a run was void."""
    with folder_on_disk() as folder:
        known = circumstances(folder)
        try:
            found = section.measure(folder, effort)
        except VoidRunError as error:
            raise SystemExit(f"bench: a run was void, nothing is stored: {error}") from error
    return {**known, "rounds": effort.rounds, **found}


def store(name: str, section: dict[str, Any]) -> None:
    """Puts a section beside those that other runs have stored; samples of the soak lie apart."""
    if name == "soak":
        _SOAK.write_text(json.dumps(section, indent=1) + "\n")
        _CHART.write_text(soak_chart(section["samples"], section["method"]))
        section = {key: value for key, value in section.items() if key != "samples"}
    result = _stored()
    result["sections"][name] = section
    _RESULT.write_text(json.dumps(result, indent=1) + "\n")


def publish() -> None:
    """Renews docs and README out of all that is stored."""
    result = _stored()
    renew_block(ROOT / "docs" / "benchmarks.md", "server", report.document(result))
    renew_block(ROOT / "README.md", "server-bench", report.summary(result))


def _stored() -> dict[str, Any]:
    if not _RESULT.exists():
        return {"sections": {}}
    found: dict[str, Any] = json.loads(_RESULT.read_text())
    return found


def _options() -> argparse.Namespace:
    default = Effort()
    parser = argparse.ArgumentParser(prog="python -m bench.server")
    which = f"some of: {', '.join(_SECTIONS)}; default: all"
    parser.add_argument(
        "sections", nargs="*", choices=[*_SECTIONS, []], metavar="SECTION", help=which
    )
    parser.add_argument("--rounds", type=int, default=default.rounds)
    parser.add_argument("--seconds", type=float, default=default.seconds, help="of each run")
    parser.add_argument("--rows", type=int, default=default.rows, help="exported and destroyed")
    parser.add_argument("--soak-minutes", type=float, default=default.soak_minutes)
    parser.add_argument("--soak-on", choices=["postgresql", "sqlite"], default=default.soak_engine)
    parser.add_argument("--write", action="store_true", help="store it, renew docs and README")
    options = parser.parse_args()
    is_trial = options.rows < default.rows or options.seconds < default.seconds
    if options.write and is_trial:
        parser.error("a trial is not stored: leave --rows and --seconds, or --write")
    return options


if __name__ == "__main__":
    main()
