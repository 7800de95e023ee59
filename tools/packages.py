"""The Python side: `.venv` and the locked packages in it.

pip checks every file against the hashes of `requirements/*.txt`; the project itself is installed
in editable mode, built by the hatchling that is locked too.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from tools import debian
from tools.ground import (
    PYTHON,
    ROOT,
    VENV,
    CannotPrepareError,
    answers,
    fingerprint,
    is_stamped,
    run,
    say,
    stamp,
)

OLDEST_PYTHON = (3, 11)
REQUIREMENTS = ROOT / "requirements"
_NO_REGISTRY = "pip could not install it: is the package registry reached?"


def make_venv() -> None:
    """Makes `.venv`, anew when it came from elsewhere: its programs name their folder."""
    if _is_usable():
        return
    say(f".venv with Python {sys.version.split()[0]}: everything is installed in there")
    shutil.rmtree(VENV, ignore_errors=True)
    _get_ensurepip()
    run([sys.executable, "-m", "venv", VENV], otherwise="python3 -m venv failed: see above")


def install(name: str, why: str) -> None:
    """Installs `requirements/<name>.txt` unless exactly that was installed before."""
    lock = REQUIREMENTS / f"{name}.txt"
    if is_stamped(name, print_of := fingerprint(lock)):
        return
    count = lock.read_text().count("==")
    say(f"the locked packages of requirements/{name}.txt ({count}): {why}")
    _pip("--require-hashes", "-r", str(lock), otherwise=_NO_REGISTRY)
    stamp(name, print_of)


def install_project() -> None:
    """Installs the checkout in editable mode, so that the command `consent-server` exists."""
    print_of = fingerprint(ROOT / "pyproject.toml", str(ROOT))
    if is_stamped("project", print_of) and (VENV / "bin" / "consent-server").exists():
        return
    install("build", "they build the project")
    say("the checkout itself, editable: it brings the command consent-server")
    what = ("--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    _pip(*what, otherwise="the checkout cannot be built: see above")
    stamp("project", print_of)


def folder_of(package: str) -> Path:
    """Returns where the files of an installed package are, without the cost of importing it."""
    return next(VENV.glob(f"lib/python*/site-packages/{package}"))


def _pip(*what: str, otherwise: str) -> None:
    command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run([*command, *what], otherwise=otherwise)


def _is_usable() -> bool:
    pip = VENV / "bin" / "pip"
    if not pip.exists() or str(VENV) not in pip.read_text(errors="replace")[:1000]:
        return False
    asked = f"import sys; sys.exit(sys.version_info < {OLDEST_PYTHON})"
    return answers(PYTHON, "-c", asked) is not None


def _get_ensurepip() -> None:
    """Gets the part of `venv` that Debian splits off into a package of its own."""
    if answers(sys.executable, "-c", "import ensurepip, venv") is not None:
        return
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    package = f"{version}-venv" if sys.executable.startswith("/usr/bin/") else ""
    if not package:
        raise CannotPrepareError(f"{sys.executable} has no ensurepip: use another Python")
    debian.install(package, "this Python cannot make virtual environments yet")
