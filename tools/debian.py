"""The distribution's packages, for what neither the machine nor pip or npm has."""

from __future__ import annotations

import shutil

from tools.ground import CannotPrepareError, is_root, run, say

_UNASKED = {"DEBIAN_FRONTEND": "noninteractive"}


def install(package: str, why: str) -> None:
    """Installs a Debian package. Raises CannotPrepareError with the command for root to run."""
    by_hand = f"apt-get update && apt-get install -y {package}"
    if not is_root() or shutil.which("apt-get") is None:
        raise CannotPrepareError(f"{package} is missing ({why}); as root: {by_hand}")
    say(f"{package} from the distribution: {why}")
    failed = f"{package} could not be installed; try as root: {by_hand}"
    run(["apt-get", "update", "-q"], otherwise=failed, environ=_UNASKED)
    run(
        ["apt-get", "install", "-q", "-y", "--no-install-recommends", package],
        otherwise=failed,
        environ=_UNASKED,
    )
