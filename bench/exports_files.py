"""Exports as XLSX and Parquet beside our CSV: rows a second, and how memory grows with the rows.

Each export is a process of its own that writes a file, on SQLite; what a process takes with nothing
to export is taken off. Growth is the peak of resident memory with all rows less the peak with the
first thousand: what loading a library takes stands apart, as `few_peak_mib`.

    python -m bench.exports_files                  1,000,000 consent records, prints the table
    python -m bench.exports_files --rows 200000    fewer
    python -m bench.exports_files --write          also stores it
"""

from __future__ import annotations

import argparse
import json
import platform
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from bench.deployment import PROGRAM, ROOT
from bench.server.children import Cost, measured, told
from bench.server.service import Service
from bench.server.tables import cell, multiply

_RESULT = ROOT / "bench" / "results" / "exports_files.json"
_FORMATS = ("csv", "ndjson", "xlsx", "parquet")
_FEW = 1000
_NEVER = "2100-01-01"
_GROWTH_MIB = 50.0  # may not be passed
_STARTS = 3


def measure(rows: int, rounds: int) -> dict[str, Any]:
    """Returns what each format took."""
    with tempfile.TemporaryDirectory() as folder:
        service = Service(Path(folder), "home")
        bodies = ("--consent", service.consent_body(), "--visit", service.visit_body())
        told("inside", "fill", *bodies, "--rows", "1", environ=service.environ)
        instant = "strftime('%Y-%m-%d %H:%M:%f000', one.recorded_at, (i / 1000.0) || ' seconds')"
        multiply(service.url, "consent_records", rows - 1, {"recorded_at": instant})
        return {form: _format(service, form, rows, rounds) for form in _FORMATS}


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
        "file_bytes": (service.home / f"export.{form}").stat().st_size,
    }
    print(f"{form:8}{json.dumps(found)}", flush=True)
    return found


def _export(service: Service, form: str, since: str) -> Cost:
    file = str(service.home / f"export.{form}")
    words = [str(PROGRAM), "consents", "export", "--format", form, "-o", file]
    return measured([*words, *(("--since", since) if since else ())], service.environ)


def _since_the_last(service: Service, count: int) -> str:
    query = f"SELECT recorded_at FROM consent_records ORDER BY id DESC LIMIT 1 OFFSET {count - 1}"
    return str(cell(service.url, query)).replace(" ", "T")


def main() -> None:
    """Measures and prints; exits 1 when memory grows too much."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", action="store_true", help="store the result")
    options = parser.parse_args()
    found = measure(options.rows, options.rounds)
    if options.write:
        facts = {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "python": platform.python_version(),
            "machine": platform.machine(),
            "pyarrow": version("pyarrow"),
            "rows": options.rows,
            "rounds": options.rounds,
            "formats": found,
        }
        _RESULT.write_text(json.dumps(facts, indent=2) + "\n")
    if any(each["growth_mib"] > _GROWTH_MIB for each in found.values()):
        raise SystemExit(f"bench: memory grows by more than {_GROWTH_MIB:.0f} MiB")


if __name__ == "__main__":
    main()
