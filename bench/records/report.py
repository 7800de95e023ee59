"""The result as Markdown for docs/benchmarks.md. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

LIMITS_MS: Final = {"postgresql": 50, "sqlite": 100}
ENGINES: Final = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}
_KINDS: Final = {"consents": "Consent records", "visits": "Visit records"}
_PAGES: Final = {"first": "first page", "deep": "page 1,000", "next": "after “go on”"}


def document(result: Mapping[str, Any]) -> str:
    """Returns the tables, with what is over its limit marked."""
    parts = [
        f"Measured on {_when(result['engines'])}, {result['machine']},"
        f" {result['processor']}; Python {result['python']}, SQLite {result['sqlite']},"
        f" PostgreSQL {result['postgresql']}; load before: {result['load_before']}."
        f" {result['method']}"
    ]
    for kind, title in _KINDS.items():
        if all(kind in engine for engine in result["engines"].values()):
            what = "milliseconds of the whole answer / of the processor in our process"
            parts.append(f"**{title}**, {what}\n\n{_table(result, kind)}")
    if all("rates" in engine for engine in result["engines"].values()):
        parts.append(_rates(result))
    return "\n\n".join(parts)


def _when(engines: Mapping[str, Any]) -> str:
    """Returns when each engine was measured, and of which commit."""
    return ", ".join(
        f"{found['measured_on']} at {found['commit']} ({ENGINES[engine]})"
        for engine, found in engines.items()
    )


def _table(result: Mapping[str, Any], kind: str) -> str:
    engines = [engine for engine in ENGINES if engine in result["engines"]]
    titles = [
        f"{ENGINES[engine]}, {page} (at most {LIMITS_MS[engine]})"
        for engine in engines
        for page in ("first page", "page 1,000")
    ]
    lines = [f"| | {' | '.join(titles)} |", f"|---|{'--:|' * len(titles)}"]
    for name in result["engines"][engines[0]][kind]:
        cells = []
        for engine in engines:
            found = result["engines"][engine][kind][name]
            cells.append(_cell(found["first"], LIMITS_MS[engine]))
            cells.append(_cell(found.get("deep"), LIMITS_MS[engine]))
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(found: Mapping[str, Any] | None, limit: float) -> str:
    if found is None:
        return ""
    told = f"{found['ms']:.0f}" if found["ms"] <= limit else f"**{found['ms']:.0f}**"
    told += f" / {found['processor_ms']:.0f}"
    if found["is_stopped"]:
        told += f" ({found['rows']} rows, then “go on”)"
    return told


def _rates(result: Mapping[str, Any]) -> str:
    lines = [
        "**What an index more would cost**, rows a second without waiting for the disk",
        "",
        f"| | {' | '.join(ENGINES[engine] for engine in result['engines'])} |",
        f"|---|{'--:|' * len(result['engines'])}",
    ]
    first = next(iter(result["engines"].values()))["rates"]
    for table, variants in first.items():
        for name in variants:
            rates = [engine["rates"][table] for engine in result["engines"].values()]
            cells = (_rate(each, name) for each in rates)
            lines.append(f"| `{table}` {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _rate(rates: Mapping[str, float], name: str) -> str:
    base = next(iter(rates.values()))
    share = "" if rates[name] == base else f" ({rates[name] / base - 1:+.0%})"
    return f"{rates[name]:,.0f}{share}"
