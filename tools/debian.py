"""The distribution's packages, for what neither the machine nor pip or npm has."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

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


def unpack(package: str, target: Path, why: str) -> None:
    """Puts the files of a Debian package below `target`, without installing or starting it.

    Raises CannotPrepareError with the command for root to run.
    """
    failed = f"{package} is missing ({why}); as root: apt-get update && apt-get install {package}"
    if shutil.which("apt-get") is None:
        raise CannotPrepareError(failed)
    say(f"{package} from the distribution, unpacked below {target}: {why}")
    if is_root():
        run(["apt-get", "update", "-q"], otherwise=failed, environ=_UNASKED)
    with tempfile.TemporaryDirectory() as folder:
        run(["apt-get", "download", "-q", package], folder=Path(folder), otherwise=failed)
        for file in Path(folder).glob("*.deb"):
            run(["dpkg-deb", "--extract", file, target], otherwise=failed)
