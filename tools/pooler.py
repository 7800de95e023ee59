"""The pooler that the tests put in front of PostgreSQL: pgbouncer.

The machine's, else the distribution's, only unpacked: installed, it would start to serve at once.
"""

from __future__ import annotations

import shutil

from tools import debian
from tools.ground import VENV, CannotPrepareError, answers, child_environ

_FOLDER = VENV / "pgbouncer"
_WHY = "the tests put a pooler in front of PostgreSQL"


def pgbouncer() -> tuple[str, str]:
    """Returns a pgbouncer that starts, and the folder of its libraries ("" for the system's)."""
    if found := _here():
        return found
    for package in ("pgbouncer", "libc-ares2"):
        debian.unpack(package, _FOLDER, _WHY)
    if found := _here():
        return found
    raise CannotPrepareError(
        "pgbouncer was unpacked but does not start; as root: apt-get install pgbouncer"
    )


def _here() -> tuple[str, str] | None:
    installed = shutil.which("pgbouncer", path=child_environ()["PATH"])
    if installed and answers(installed, "--version") is not None:
        return installed, ""
    program = _FOLDER / "usr" / "sbin" / "pgbouncer"
    for libraries in sorted(_FOLDER.glob("usr/lib/*/")):
        if answers("env", f"LD_LIBRARY_PATH={libraries}", program, "--version") is not None:
            return str(program), str(libraries)
    return None
