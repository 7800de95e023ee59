"""What every section names: the day, the machine, its disk, and the versions of what took part."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from bench.deployment import ROOT, prepared
from bench.server.places import file_system, fsync_ms

_PYTHON_PACKAGES: Final = ("flask", "granian", "sqlalchemy", "flask-sqlalchemy", "psycopg")
_NPM_PACKAGES: Final = ROOT / "bench" / "server" / "package.json"


def circumstances(folder: Path) -> dict[str, Any]:
    """Returns the facts. folder: where the databases lie."""
    return {
        "measured_on": datetime.now(UTC).date().isoformat(),
        "commit": _said("git", "-C", str(ROOT), "describe", "--always", "--dirty"),
        "load_before": round(os.getloadavg()[0], 1),
        "machine": f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}",
        "processor": processor(Path("/proc/cpuinfo").read_text()),
        "kernel": platform.release(),
        "file_system": file_system(folder),
        "fsync_ms": fsync_ms(folder),
        "python": platform.python_version(),
        "versions": versions(),
    }


def versions() -> dict[str, str]:
    """Returns the versions of servers, libraries and tools."""
    npm: dict[str, str] = json.loads(_NPM_PACKAGES.read_text())["dependencies"]
    return {
        **{name: version(name) for name in _PYTHON_PACKAGES},
        "sqlite": sqlite3.sqlite_version,
        "sqlite3 shell": _said("sqlite3", "--version").split()[0],
        "wrk": _said("wrk", "-v").split()[1],
        "node": _said(prepared()["node"], "--version"),
        **npm,
    }


def processor(cpuinfo: str) -> str:
    """Returns the name of the processor as the kernel tells it."""
    for line in cpuinfo.splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return "unknown"


def _said(*command: str) -> str:
    """Returns the first line that a program prints. Raises SystemExit when it is not there."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise SystemExit(f"bench: {command[0]} is missing: run `make ready-to-bench`") from error
    return ((done.stdout + done.stderr).splitlines() or ["unknown"])[0]
