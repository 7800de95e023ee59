"""Exports in each file format: rows a second, and how memory grows with the rows.

Each export is a process of its own that writes a file, on SQLite; what a process takes with nothing
to export is taken off. Growth is the peak of resident memory with all rows less the peak with the
first thousand: what loading a library takes stands apart, as `few_peak_mib`. Beside them the bare
driver: Python's `sqlite3` and `csv` in a loop, cells as they are stored.

    python -m bench.exports_files                  1,000,000 consent records, prints the table
    python -m bench.exports_files --rows 200000    fewer
    python -m bench.exports_files --write          also stores it and renews the docs
"""

from __future__ import annotations

import argparse
import json
import tempfile
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from bench.blocks import renew_block
from bench.deployment import PROGRAM, ROOT
from bench.server.children import PYTHON, Cost, measured, told
from bench.server.circumstances import circumstances
from bench.server.exports import COLUMNS
from bench.server.service import Service
from bench.server.tables import cell, multiply

_RESULT = ROOT / "bench" / "results" / "exports_files.json"
_FORMATS = ("csv", "ndjson", "xlsx", "parquet")
_FEW = 1000
_NEVER = "2100-01-01"
_GROWTH_MIB = 50.0  # may not be passed
_STARTS = 3
_BARE = "bare driver"
_DRIVER = """
import csv, sqlite3, sys
url, query, file = sys.argv[1:]
with sqlite3.connect(url) as connection, open(file, "w", newline="", encoding="utf-8") as out:
    cursor = connection.execute(query)
    writer = csv.writer(out)
    writer.writerow([column[0] for column in cursor.description])
    while rows := cursor.fetchmany(1000):
        writer.writerows(rows)
"""


def measure(rows: int, rounds: int) -> dict[str, Any]:
    """Returns what each format took."""
    with tempfile.TemporaryDirectory() as folder:
        service = Service(Path(folder), "home")
        bodies = ("--consent", service.consent_body(), "--visit", service.visit_body())
        told("inside", "fill", *bodies, "--rows", "1", environ=service.environ)
        instant = "strftime('%Y-%m-%d %H:%M:%f000', one.recorded_at, (i / 1000.0) || ' seconds')"
        multiply(service.url, "consent_records", rows - 1, {"recorded_at": instant})
        return {form: _format(service, form, rows, rounds) for form in (_BARE, *_FORMATS)}


def _format(service: Service, form: str, rows: int, rounds: int) -> dict[str, Any]:
    start = median(_export(service, form, _NEVER).seconds for _ in range(_STARTS))
    few = _export(service, form, _since_the_last(service, _FEW)).peak_mib
    costs = [_export(service, form, "") for _ in range(rounds)]
    peak = max(cost.peak_mib for cost in costs)
    found = {
        "rows_per_second": round(median(rows / (cost.seconds - start) for cost in costs)),
        "start_seconds": round(start, 3),
        "few_peak_mib": round(few, 1),
        "peak_mib": round(peak, 1),
        "growth_mib": round(peak - few, 1),
        "file_bytes": _file(service, form).stat().st_size,
    }
    print(f"{form:8}{json.dumps(found)}", flush=True)
    return found


def _export(service: Service, form: str, since: str) -> Cost:
    file = str(_file(service, form))
    if form == _BARE:
        where = f" WHERE recorded_at >= '{since.replace('T', ' ')}'" if since else ""
        query = f"SELECT {COLUMNS} FROM consent_records{where}"
        return measured([PYTHON, "-c", _DRIVER, service.url, query, file], service.environ)
    words = [str(PROGRAM), "consents", "export", "--format", form, "-o", file]
    return measured([*words, *(("--since", since) if since else ())], service.environ)


def _file(service: Service, form: str) -> Path:
    return service.home / f"export.{form.replace(' ', '-')}"


def _since_the_last(service: Service, count: int) -> str:
    query = f"SELECT recorded_at FROM consent_records ORDER BY id DESC LIMIT 1 OFFSET {count - 1}"
    return str(cell(service.url, query)).replace(" ", "T")


def document(facts: dict[str, Any]) -> str:
    """Returns the result as Markdown. Pure."""
    bare = facts["formats"][_BARE]["rows_per_second"]
    lines = [
        f"Measured on {facts['measured_on']} at {facts['commit']}, {facts['machine']},"
        f" {facts['processor']}; Python {facts['python']}, SQLite {facts['versions']['sqlite']},"
        f" pyarrow {facts['pyarrow']}; load before: {facts['load_before']}."
        f" {facts['rows']:,} consent records on SQLite; median of {facts['rounds']} rounds.",
        "",
        "| | rows/s | of the bare driver's CSV | growth of memory, MiB | peak, MiB | file, MB |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for form, found in facts["formats"].items():
        rate = found["rows_per_second"]
        lines.append(
            f"| {form if form == _BARE else form.upper()} | {rate:,} | {rate / bare:.2f}x |"
            f" {found['growth_mib']:.1f} | {found['peak_mib']:.0f} |"
            f" {found['file_bytes'] / 1e6:.0f} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Measures and prints; exits 1 when memory grows too much."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", action="store_true", help="store the result")
    options = parser.parse_args()
    known = circumstances(ROOT)
    found = measure(options.rows, options.rounds)
    if options.write:
        facts = {
            **known,
            "pyarrow": version("pyarrow"),
            "rows": options.rows,
            "rounds": options.rounds,
            "formats": found,
        }
        _RESULT.write_text(json.dumps(facts, indent=1) + "\n")
        renew_block(ROOT / "docs" / "benchmarks.md", "exports-files", document(facts))
    if any(each["growth_mib"] > _GROWTH_MIB for each in found.values()):
        raise SystemExit(f"bench: memory grows by more than {_GROWTH_MIB:.0f} MiB")


if __name__ == "__main__":
    main()
