"""Style, types and import rules hold: the pieces of `make check`, so that CI proves them too."""

from __future__ import annotations

import subprocess
import sys

import pytest

from support.prepared import ROOT


@pytest.mark.parametrize("name", ["ruff", "format", "mypy", "imports"])
def test_the_checkout_passes(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.check", name],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
