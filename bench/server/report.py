"""The result as Markdown: all of it for docs/benchmarks.md, the gist of it for the README. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from bench.server.targets import figure, judged

Section = Mapping[str, Any]
_TITLES: Final = {
    "writes_postgresql": "Writes on PostgreSQL",
    "writes_sqlite": "Writes on SQLite",
    "embed": "The script",
    "exports": "Exports",
    "destruction": "Destruction",
    "soak": "Soak",
}
_ENGINES: Final = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}
_NAMES: Final = {
    "consents": "**Consent Server**, choices",
    "visits": "**Consent Server**, page views",
    "mix": "**Consent Server**, both in turn",
    "consents-busy": "**Consent Server**, choices, while it destroys and exports",
    "naive-consents": "naive ORM, choices",
    "naive-visits": "naive ORM, page views",
    "naive-mix": "naive ORM, both in turn",
    "c15t": "c15t",
    "hello": "Flask hello",
    "bare-consents": "bare loop, choices",
    "bare-visits": "bare loop, page views",
    "embed": "**Consent Server**, the script",
    "embed-304": "**Consent Server**, 304",
    "ours": "**Consent Server**, choices",
    "bare": "the database's own",
    "orm": "ORM, page by page",
}


def document(result: Mapping[str, Any]) -> str:
    """Returns the targets, and the tables of every section that was measured."""
    sections: Mapping[str, Section] = result["sections"]
    machines = {_machine(section) for section in sections.values()}
    is_one = len(machines) == 1  # else it is said with each section
    parts = [*(machines if is_one else ()), "**Targets**\n\n" + _targets(sections)]
    for name, title in _TITLES.items():
        if name in sections:
            section = sections[name]
            machine = [] if is_one else [_machine(section)]
            parts += [f"### {title}", *machine, f"{section['method']} {_run(section)}"]
            parts.append(_TABLES[name](section))
    return "\n\n".join(parts)


def summary(result: Mapping[str, Any]) -> str:
    """Returns a short table and what was missed."""
    sections: Mapping[str, Section] = result["sections"]
    lines = ["| | | beside it |", "|---|--:|--:|"]
    lines += [line for name, make in _GISTS.items() if name in sections
              for line in make(sections[name]["measures"])]  # fmt: skip
    missed = [
        f"{target.what} {target.said(measures)[1]} (wanted {target.said(measures)[0]})"
        for target, measures in judged(sections)
        if not target.is_met(measures)
    ]
    days = sorted({section["measured_on"] for section in sections.values()})
    machine = next(iter(sections.values()))["machine"]
    lines += ["", f"On {machine}, durable on disk, {' and '.join(days)}; every pair from one run"
              " ([all figures](docs/benchmarks.md), `make bench-server`)."]  # fmt: skip
    return "\n".join([*lines, f"Missed: {'; '.join(missed) or 'nothing'}."])


def _targets(sections: Mapping[str, Section]) -> str:
    lines = ["| | | wanted | reached | |", "|---|---|--:|--:|---|"]
    shown = ""
    for target, measures in judged(sections):
        wanted, reached = target.said(measures)
        verdict = "met" if target.is_met(measures) else "**missed**"
        title = _TITLES[target.section] if target.section != shown else ""
        lines.append(f"| {title} | {target.what} | {wanted} | {reached} | {verdict} |")
        shown = target.section
    return "\n".join(lines)


def _machine(section: Section) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in section["versions"].items())
    return (
        f"Measured on {section['measured_on']} at {section['commit']}, {section['machine']},"
        f" {section['processor']}, Linux {section['kernel']}, {section['file_system']};"
        f" Python {section['python']}, {versions}."
    )


def _run(section: Section) -> str:
    server = section.get("postgresql", {}).get("server_version")
    postgresql = f"; PostgreSQL {server.split()[0]}" if server else ""
    return (
        f"Load before: {section['load_before']}, an fsync took {section['fsync_ms']} ms;"
        f" rounds: {section['rounds']}{postgresql}."
    )


def _asked(section: Section) -> str:
    """Returns the table of what was asked over connections."""
    work: Mapping[str, str] = section.get("work", {})
    head = "| | connections | per second (min..max) | p50, ms | p99, ms (min..max) |"
    lines = [head + (" work |" if work else ""), "|---|--:|--:|--:|--:|" + ("---|" if work else "")]
    for key, measure in section["measures"].items():
        if isinstance(measure, Mapping) and "per_second" in measure:
            name = key.rpartition("-")[0]
            line = (
                f"| {_NAMES[name]} | {measure['connections']} |"
                f" {_spread(measure['per_second'])} | {measure['p50_ms']['median']:.1f} |"
                f" {_spread(measure['p99_ms'], 1)} |"
            )
            is_first = work and measure["connections"] != 8  # said once is enough
            lines.append(line + (f" {work.get(name, '') if is_first else ''} |" if work else ""))
    return "\n".join(lines)


def _embed(section: Section) -> str:
    counted = section["measures"]["embed_statements"]
    said = (
        f"The script has {section['script_bytes']:,} bytes; SQL statements while warm: {counted}."
    )
    return f"{_asked(section)}\n\n{said}"


def _exports(section: Section) -> str:
    lines = [
        "| | rows | rows/s (min..max) | with start-up | µs a row | start-up, s | peak, MiB |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for key, one in section["measures"].items():
        engine, _, name = key.partition("-")
        title = _ENGINES[engine]
        named = "**Consent Server**, page views, decrypted" if name == "visits" else _NAMES[name]
        lines.append(
            f"| {title}: {named} | {one['rows']:,} | {_spread(one['rows_per_second'])} |"
            f" {one['with_start_per_second']['median']:,.0f} |"
            f" {one['microseconds_per_row']['median']:.2f} | {one['start_seconds']:.2f} |"
            f" {one['peak_mib']['median']:.0f} |"
        )
    return "\n".join(lines)


def _destruction(section: Section) -> str:
    lines = [
        f"| {section['rows']:,} visits | seconds (min..max) | in removing statements | rows/s |"
        " indexed DELETE, s | p99 of writes, ms | idle p99, ms | disk before and after, MiB |"
        " given back in, s |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for key, one in section["measures"].items():
        beside = one.get("indexed_delete_seconds")
        delete = f"{beside['median']:.2f}" if beside else ""
        title = _ENGINES[key]
        lines.append(
            f"| {title} | {_spread(one['seconds'], 3)} |"
            f" {one['removing_seconds']['median']:.3f} |"
            f" {one['rows_per_second']['median']:,.0f} |"
            f" {delete} |"
            f" {one['busy_p99_ms']['median']:.1f} | {one['idle_p99_ms']['median']:.1f} |"
            f" {one['mib_before']['median']:.0f} → {one['mib_after']['median']:.0f} |"
            f" {one['given_back_seconds']['median']:.1f} |"
        )
    return "\n".join(lines)


def _soak(section: Section) -> str:
    names = {
        "rss_mib": "memory, MiB", "descriptors": "descriptors", "threads": "threads",
        "p99_ms": "p99, ms", "per_second": "requests/s",
    }  # fmt: skip
    lines = ["| | first quarter | last quarter | ratio | slope per hour |", "|---|--:|--:|--:|--:|"]
    for name, one in section["growth"].items():
        lines.append(
            f"| {names[name]} | {one['first']:,.1f} | {one['last']:,.1f} | {one['ratio']:.3f} |"
            f" {one['per_hour']:+,.1f} |"
        )
    return "\n".join([*lines, "", "![The soak](images/soak.svg)"])


_TABLES: Final[dict[str, Callable[[Section], str]]] = {
    "writes_postgresql": _asked,
    "writes_sqlite": _asked,
    "embed": _embed,
    "exports": _exports,
    "destruction": _destruction,
    "soak": _soak,
}


def _gist_postgresql(measures: Section) -> list[str]:
    ours, p99 = _rate(measures, "consents-64"), figure(measures, "consents-64.p99_ms")
    others = ", ".join(
        f"{name} {_rate(measures, key)}"
        for name, key in (("c15t", "c15t-64"), ("naive ORM", "naive-consents-64"),
                          ("Flask hello", "hello-64"))
    )  # fmt: skip
    return [
        f"| choices a second, PostgreSQL, 64 connections | {ours}, p99 {p99:.0f} ms | {others} |"
    ]


def _gist_sqlite(measures: Section) -> list[str]:
    ours, p99 = _rate(measures, "consents-64"), figure(measures, "consents-64.p99_ms")
    bare = _rate(measures, "bare-consents-1")
    return [f"| choices a second, SQLite | {ours}, p99 {p99:.0f} ms | bare commits {bare} |"]


def _gist_embed(measures: Section) -> list[str]:
    ours, hello = _rate(measures, "embed-64"), _rate(measures, "hello-64")
    return [f"| scripts a second, one worker | {ours} | Flask hello {hello} |"]


def _gist_exports(measures: Section) -> list[str]:
    found = []
    for engine, title, beside in (("postgresql", "PostgreSQL", "COPY"),
                                  ("sqlite", "SQLite", "`sqlite3` shell")):  # fmt: skip
        ours, bare = (
            f"{figure(measures, f'{engine}-{name}.rows_per_second'):,.0f}"
            for name in ("ours", "bare")
        )
        found.append(f"| rows exported a second, {title} | {ours} | {beside} {bare} |")
    return found


def _gist_destruction(measures: Section) -> list[str]:
    whole, beside = (
        figure(measures, f"postgresql.{name}") for name in ("seconds", "indexed_delete_seconds")
    )
    lite = figure(measures, "sqlite.rows_per_second")
    return [
        f"| destruction of a day, PostgreSQL | {whole:.2f} s | indexed DELETE {beside:.2f} s |",
        f"| visits destroyed a second, SQLite | {lite:,.0f} | |",
    ]


_GISTS: Final[dict[str, Callable[[Section], list[str]]]] = {
    "writes_postgresql": _gist_postgresql,
    "writes_sqlite": _gist_sqlite,
    "embed": _gist_embed,
    "exports": _gist_exports,
    "destruction": _gist_destruction,
}


def _rate(measures: Section, key: str) -> str:
    return f"{figure(measures, f'{key}.per_second'):,.0f}"


def _spread(found: Mapping[str, float], decimals: int = 0) -> str:
    low, middle, high = (f"{found[name]:,.{decimals}f}" for name in ("min", "median", "max"))
    return f"{middle} ({low}..{high})"
