"""Makes what a site's own build would make: c15t is React code, and the floors are written legibly.

Uses the esbuild that builds our banner. Raises SystemExit with one line when packages are missing.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from bench.banner.pages import HERE, PACKAGES, versions
from bench.deployment import ROOT

_ESBUILD = ROOT / "banner" / "node_modules" / ".bin" / "esbuild"
_SOURCES = ("c15t.jsx", "floor.js")


def bundle(folder: Path) -> None:
    """Writes c15t.js, c15t.css and floor.js."""
    _check_packages()
    command = [
        str(_ESBUILD), *(f"{HERE}/pages/{name}" for name in _SOURCES), f"--outdir={folder}",
        "--bundle", "--minify", "--format=iife", "--jsx=automatic", "--log-level=error",
        '--define:process.env.NODE_ENV="production"',
    ]  # fmt: skip
    if subprocess.run(command, check=False).returncode:
        raise SystemExit("bench: esbuild could not bundle c15t: see above")


def _check_packages() -> None:
    missing = [name for name in versions() if not (PACKAGES / name).exists()]
    if missing or not _ESBUILD.exists():
        what = ", ".join(missing) or "esbuild"
        raise SystemExit(f"bench: npm packages are missing ({what}): run `make ready-to-bench`")
