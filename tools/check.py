"""Checks what is written, without running the product: one line each, all of them every time.

    python -m tools.check            all
    python -m tools.check mypy ruff  some

The whole output of a check is shown when it fails; the banner's shows its sizes in any case.
"""

from __future__ import annotations

import subprocess
import sys
import time

from tools.ground import ROOT, VENV

_BIN = VENV / "bin"
CHECKS: dict[str, list[str]] = {
    "ruff": [f"{_BIN}/ruff", "check", "."],
    "format": [f"{_BIN}/ruff", "format", "--check", "."],
    "mypy": [f"{_BIN}/mypy"],
    "imports": [f"{_BIN}/lint-imports"],
    "banner": [f"{_BIN}/python", "-m", "tools.banner", "check"],
}


def main(names: list[str]) -> int:
    """Runs the named checks, or all; returns how many failed."""
    return sum(not _passes(name, CHECKS[name]) for name in names or CHECKS)


def _passes(name: str, command: list[str]) -> bool:
    started = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    passed = done.returncode == 0
    seconds = time.monotonic() - started
    print(f"{name:8} {'ok' if passed else 'FAILED'} ({seconds:.1f} s)", flush=True)
    if not passed or name == "banner":
        print((done.stdout + done.stderr).strip(), flush=True)
    return passed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
