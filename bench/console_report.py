"""The result of `bench.console` in Markdown: a line per page, slowest first."""

from __future__ import annotations

from typing import Any, Final

LIMIT_MS: Final = 100.0


def section(result: dict[str, Any]) -> str:
    """Returns the section of docs/benchmarks.md."""
    pages: dict[str, dict[str, float]] = result["pages"]
    ordered = sorted(pages.items(), key=lambda pair: -pair[1]["processor"])
    slow = [page for page, took in ordered if took["processor"] > LIMIT_MS]
    slowest = ordered[0][1]["processor"]
    said = f"**missed** by {len(slow)} of {len(pages)}" if slow else "met"
    counting = result["counting_seconds"]
    return "\n".join(
        [
            f"Measured on {result['measured_on']} at {result['commit']}, {result['machine']}, "
            f"{result['processor']}, Python {result['python']}, SQLite {result['sqlite']}; "
            f"load before: {result['load_before']}.",
            "",
            result["method"],
            "",
            "| | at most | reached | |",
            "|---|--:|--:|---|",
            f"| slowest page, {result['records']:,} consent records | {LIMIT_MS:.0f} ms "
            f"| {slowest:.0f} ms ({slowest / LIMIT_MS:.2f}x) | {said} |",
            "",
            f"Counting all records, once after an upgrade: {counting:.0f} s "
            f"({counting / result['records'] * 1e6:.0f} µs a record).",
            "",
            "| page | processor, ms | of the limit | on the wall, ms | slowest, ms |",
            "|---|--:|--:|--:|--:|",
            *(_line(page, took) for page, took in ordered),
        ]
    )


def _line(page: str, took: dict[str, float]) -> str:
    share = took["processor"] / LIMIT_MS
    walls = f"{took['median']:.1f} | {took['most']:.1f}"
    return f"| `{page}` | {took['processor']:.1f} | {share:.2f}x | {walls} |"
