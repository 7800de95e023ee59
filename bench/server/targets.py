"""What the server must reach: ratios within one run, and a few limits by themselves. Pure.

The numbers are the ones this work was given; none was fitted to what came out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Measures = Mapping[str, Any]


@dataclass(frozen=True)
class Target:
    """A figure of one section, or how many times it is another one's.

    of, beside: "measure" and "figure" with a dot between, such as "consents-64.per_second".
    wanted: "least" or "most" `limit`.
    """

    section: str
    what: str
    of: str
    wanted: Literal["least", "most"]
    limit: float
    beside: str = ""
    beside_name: str = ""
    unit: str = ""

    def reached(self, measures: Measures) -> float:
        """Returns the ratio, or the figure itself."""
        own = figure(measures, self.of)
        return own / figure(measures, self.beside) if self.beside else own

    def is_met(self, measures: Measures) -> bool:
        """Returns whether it is within the limit."""
        reached = self.reached(measures)
        return reached >= self.limit if self.wanted == "least" else reached <= self.limit

    def said(self, measures: Measures) -> tuple[str, str]:
        """Returns the limit and what was reached, as words."""
        reached = self.reached(measures)
        sign = ">=" if self.wanted == "least" else "<="
        if self.beside:
            return f"{sign} {self.limit:g}x {self.beside_name}", f"{reached:.2f}x"
        unit = f" {self.unit}" if self.unit else ""
        return f"{sign} {self.limit:,g}{unit}", f"{_shown(reached)}{unit}"


def figure(measures: Measures, name: str) -> float:
    """Returns a figure, the median where it has a spread."""
    measure, _, of = name.partition(".")
    found = measures[measure][of] if of else measures[measure]
    value: float = found["median"] if isinstance(found, Mapping) else found
    return value


def _shown(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


_PG, _LITE, _EMBED = "writes_postgresql", "writes_sqlite", "embed"
_KINDS = {"consents": "choices", "visits": "page views", "mix": "both in turn"}


def _writes_postgresql() -> list[Target]:
    rate = ".per_second"
    found = [
        Target(_PG, f"{_KINDS[kind]}, 64 connections", f"{kind}-64{rate}", "least", 15,
               f"c15t-64{rate}", "c15t")
        for kind in ("consents", "mix")
    ]  # fmt: skip
    for kind, words in _KINDS.items():
        asked = f"{words}, 64 connections"
        beside = f"naive-{kind}-64{rate}"
        found += [
            Target(_PG, asked, f"{kind}-64{rate}", "least", 5, beside, "naive ORM"),
            Target(_PG, asked, f"{kind}-64{rate}", "least", 0.8, f"hello-64{rate}", "Flask hello"),
            Target(_PG, f"p99, {asked}", f"{kind}-64.p99_ms", "most", 25, unit="ms"),
            Target(_PG, f"p99, {words}, 8 connections", f"{kind}-8.p99_ms", "most", 8, unit="ms"),
        ]
    return found


def _writes_sqlite() -> list[Target]:
    found = []
    for kind, words in list(_KINDS.items())[:2]:
        beside = f"bare-{kind}-1.per_second"
        found += [
            Target(_LITE, f"{words} over HTTP, 64 connections", f"{kind}-64.per_second", "least",
                   1.1, beside, "bare commits"),
            Target(_LITE, f"p99, {words}, 64 connections", f"{kind}-64.p99_ms", "most", 25,
                   unit="ms"),
        ]  # fmt: skip
    return [
        *found,
        Target(_LITE, "p99 with destruction and export", "consents-busy-64.p99_ms", "most", 2,
               "consents-64.p99_ms", "without"),
    ]  # fmt: skip


TARGETS = (
    *_writes_postgresql(),
    *_writes_sqlite(),
    Target(_EMBED, "the script, warm", "embed-64.per_second", "least", 0.8, "hello-64.per_second",
           "Flask hello"),
    Target(_EMBED, "the script, 304", "embed-304-64.per_second", "least", 0.8,
           "hello-64.per_second", "Flask hello"),
    Target(_EMBED, "SQL statements, warm", "embed_statements", "most", 0),
    Target("exports", "export on PostgreSQL", "postgresql-ours.rows_per_second", "least", 0.8,
           "postgresql-bare.rows_per_second", "bare COPY"),
    Target("exports", "export on SQLite", "sqlite-ours.rows_per_second", "least", 0.75,
           "sqlite-bare.rows_per_second", "sqlite3 shell"),
    Target("exports", "memory with all rows over 1,000, PostgreSQL", "postgresql-ours.growth_mib",
           "most", 20, unit="MiB"),
    Target("exports", "memory with all rows over 1,000, SQLite", "sqlite-ours.growth_mib", "most",
           20, unit="MiB"),
    Target("destruction", "PostgreSQL, the removal itself", "postgresql.removing_seconds", "most",
           0.2, unit="s"),
    Target("destruction", "PostgreSQL, the whole verb", "postgresql.times_indexed_delete", "least",
           15, unit="times the indexed DELETE"),
    Target("destruction", "SQLite, the whole verb", "sqlite.rows_per_second", "least", 200_000,
           unit="rows/s"),
    Target("destruction", "SQLite, p99 of writes meanwhile", "sqlite.busy_p99_ms", "most", 10,
           unit="ms"),
    Target("destruction", "PostgreSQL, p99 of writes meanwhile", "postgresql.times_idle_p99",
           "most", 1.5, unit="times the p99 without"),
    Target("destruction", "SQLite, p99 of writes, beside that without", "sqlite.times_idle_p99",
           "most", 3, unit="times the p99 without"),
    # "no growth" within what a quarter of an hour's noise allows
    Target("soak", "memory, last quarter over first", "rss_mib.ratio", "most", 1.02),
    Target("soak", "descriptors, last quarter over first", "descriptors.ratio", "most", 1.02),
    Target("soak", "threads, last quarter over first", "threads.ratio", "most", 1),
    Target("soak", "p99, last quarter over first", "p99_ms.ratio", "most", 1.1),
)  # fmt: skip


def measures_of(section: str, result: Mapping[str, Any]) -> Measures:
    """Returns where the figures of a section's targets are."""
    found: Measures = result["growth"] if section == "soak" else result["measures"]
    return found


def judged(sections: Mapping[str, Mapping[str, Any]]) -> list[tuple[Target, Measures]]:
    """Returns the targets of the sections that were measured, with their measures."""
    return [
        (target, measures_of(target.section, sections[target.section]))
        for target in TARGETS
        if target.section in sections
    ]
