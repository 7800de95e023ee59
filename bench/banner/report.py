"""The result as Markdown: all of it for docs/benchmarks.md, the gist of it for the README. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bench.banner.columns import CHOICE_AND_AFTER, FIRST_VISIT, OURS, TAGS, Column, Pages, lost
from bench.banner.targets import TARGETS

METHOD = (
    "Headless Chromium, 412 x 823, processor 4 times slower, a fresh profile for each visit, all"
    " pages in turn in every round; medians. Visible, drawn, first paint and CLS on fast 3G"
    " (562.5 ms per request, 1.44 Mbit/s); the rest without a slow network. Bytes are those of the"
    " bodies that must arrive before the banner is visible. Click: everything is allowed. Hidden"
    " and INP are counted from the click. The second visit keeps its cookies and its cache, all"
    " files with the same lifetime."
)
_NAMES = {
    "bare": "no banner",
    "floor-inline": "floor: three buttons, inline",
    "floor-script": "floor: the same as one async script",
    OURS: "**Consent Server**",
    "vanilla-cookieconsent": "vanilla-cookieconsent",
    "klaro": "Klaro",
    "tarteaucitron": "tarteaucitron",
    "osano": "Osano Cookie Consent",
    "c15t": "c15t (React)",
}
_PACKAGES = {
    "tarteaucitron": "tarteaucitronjs", "osano": "cookieconsent", "c15t": "@c15t/react",
}  # fmt: skip


def document(result: dict[str, Any]) -> str:
    """Returns both tables, the targets, and where ours is not best."""
    pages = result["pages"]
    return "\n\n".join(
        [
            f"Measured on {result['measured_on']}, {result['machine']} (load before:"
            f" {result['load_before']}), Chromium {result['chromium']}, {result['rounds']} rounds;"
            " printed by `make bench-banner`.",
            result["method"],
            "**First visit**\n\n" + _table(result, FIRST_VISIT),
            "**The choice, and the visit after it**\n\n" + _table(result, CHOICE_AND_AFTER),
            "**Targets**\n\n" + _targets(pages),
            _later(pages),
            f"**Not best or tied:** {_lost(pages)}.",
        ]
    )


def summary(result: dict[str, Any]) -> str:
    """Returns a paragraph and the columns in which ours is not best."""
    pages = result["pages"]
    missed = [
        f"{target.what} {target.said(pages)[1]} (wanted {target.said(pages)[0]})"
        for target in TARGETS
        if not target.is_met(pages)
    ]
    return "\n".join(
        [
            f"Beside {len(_peers(pages))} others in one Chromium run on {result['measured_on']}"
            " ([all figures](docs/benchmarks.md), `make bench-banner`):",
            f"{_gist(pages, OURS)}; vanilla-cookieconsent {_gist(pages, 'vanilla-cookieconsent')}.",
            f"Not best or tied: {_lost(pages)}.",
            *([f"Missed: {'; '.join(missed)}."] if missed else []),
        ]
    )


def _table(result: dict[str, Any], columns: Sequence[Column]) -> str:
    pages = result["pages"]
    lines = [
        "| | " + " | ".join(column.title for column in columns) + " |",
        "|---" + "|--:" * len(columns) + "|",
    ]
    for name in pages:
        if not name.endswith(TAGS):
            cells = " | ".join(_cell(column, pages, name) for column in columns)
            lines.append(f"| {_name(name, result['versions'])} | {cells} |")
    return "\n".join(lines)


def _cell(column: Column, pages: Pages, name: str) -> str:
    value = column.value(pages, name)
    return "" if value is None else f"{value:,.{column.decimals}f}"


def _name(name: str, versions: dict[str, str]) -> str:
    version = versions.get(_PACKAGES.get(name, name), "")
    return f"{_NAMES[name]} {version}".strip()


def _targets(pages: Pages) -> str:
    lines = ["| | at most | reached | |", "|---|--:|--:|---|"]
    for target in TARGETS:
        limit, reached = target.said(pages)
        verdict = "" if target.is_met(pages) else "**missed**"
        lines.append(f"| {target.what} | {limit} | {reached} | {verdict} |")
    return "\n".join(lines)


def _lost(pages: Pages) -> str:
    found = []
    for column, best in lost(pages, FIRST_VISIT + CHOICE_AND_AFTER):
        ours, theirs = (_cell(column, pages, name) for name in (OURS, best))
        found.append(f"{column.title} ({ours}; {_NAMES[best]} {theirs})")
    return "; ".join(found) or "nowhere"


def _later(pages: Pages) -> str:
    """Says what a first visit asks for besides what the banner waits for."""
    asked = {name: page["later"] for name, page in pages.items() if page.get("later")}
    said = ", ".join(f"{_NAMES[name]} {count}" for name, count in asked.items()) or "none"
    return (
        f"Requests of the first visit that the banner does not wait for: {said}. Ours is the visit"
        " record (`POST /v1/visits`), on every visit; a site can turn it off."
    )


def _gist(pages: Pages, name: str) -> str:
    page = pages[name]
    requests = f"{page['requests']} request" + "s" * (page["requests"] > 1)
    seconds = page["visible_ms"]["median"] / 1000
    script = page["script_ms"]["median"]
    times = f"visible after {seconds:.2f} s, {script:.0f} ms of script"
    return f"{requests}, {page['brotli']:,} bytes, {times}"


def _peers(pages: Pages) -> list[str]:
    return [name for name, page in pages.items() if page["kind"] == "peer" and TAGS not in name]
