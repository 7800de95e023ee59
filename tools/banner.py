"""Runs a script of banner/package.json with the npm that was prepared: build or check."""

from __future__ import annotations

import json
import subprocess
import sys

from tools.ground import ROOT, VENV


def npm_command() -> list[str]:
    """Returns how npm is started here, as tools.prepare wrote it down."""
    found: list[str] = json.loads((VENV / "prepared.json").read_text())["npm"]
    return found


if __name__ == "__main__":
    command = [*npm_command(), "run", "--silent", sys.argv[1]]
    sys.exit(subprocess.run(command, cwd=ROOT / "banner", check=False).returncode)
