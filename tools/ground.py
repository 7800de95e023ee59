"""What all tools stand on: places, one-line failures, child processes, stamps.

A stamp is a file in `.venv/stamps` that holds the hash of what was installed, so that a second
run sees in milliseconds that nothing is to be done.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
_STAMPS = VENV / "stamps"
_SYSTEM_FOLDERS = "/usr/local/sbin:/usr/sbin:/sbin"  # dpkg refuses to work without them
_LINES_OF_A_FAILURE = 15


class CannotPrepareError(Exception):
    """Something cannot be had here; the text is one line that says what to do."""


def say(line: str) -> None:
    """Prints what is about to be installed, and why, at once."""
    print(f"prepare: {line}", flush=True)


def run(
    command: Sequence[str | Path],
    *,
    otherwise: str,
    folder: Path = ROOT,
    environ: Mapping[str, str] | None = None,
    timeout_seconds: int = 1800,
    quietly: bool = False,
) -> str:
    """Runs a program to its end and returns what it printed.

    Raises CannotPrepareError with the line `otherwise` when it fails; the program's own last
    lines are printed before, because they name the cause; not when it runs quietly, because
    there is another way.
    """
    try:
        done = subprocess.run(
            [str(word) for word in command],
            cwd=folder,
            env=child_environ() | dict(environ or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout_seconds,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotPrepareError(f"{error}; {otherwise}") from error
    if done.returncode != 0:
        if not quietly:
            print("\n".join(done.stdout.splitlines()[-_LINES_OF_A_FAILURE:]), flush=True)
        raise CannotPrepareError(otherwise)
    return done.stdout


def answers(*command: str | Path) -> str | None:
    """Returns the first line that a program prints, or None when it cannot be run."""
    try:
        done = subprocess.run(
            [str(word) for word in command],
            env=child_environ(),
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return (done.stdout.splitlines() or [""])[0].strip()


def child_environ() -> dict[str, str]:
    """Returns our environment with a HOME that can be written and the system's folders.

    Accounts of build servers have a HOME that is unset, missing or not theirs; npm then fails.
    """
    environ = dict(os.environ)
    if not os.access(environ.get("HOME") or "/nowhere", os.W_OK):
        home = VENV / "home"
        home.mkdir(parents=True, exist_ok=True)
        environ["HOME"] = str(home)
    environ["PATH"] = f"{environ.get('PATH', '/usr/bin:/bin')}:{_SYSTEM_FOLDERS}"
    return environ


def is_root() -> bool:
    """Returns whether the system's package manager may be used."""
    return os.geteuid() == 0


def fingerprint(*parts: Path | str) -> str:
    """Returns one hash over the contents of files and over plain words."""
    digest = hashlib.sha256()
    for part in parts:
        content = part.read_bytes() if isinstance(part, Path) else part.encode()
        digest.update(hashlib.sha256(content).digest())
    return digest.hexdigest()


def is_stamped(name: str, print_of: str) -> bool:
    """Returns whether exactly this was installed before."""
    try:
        return (_STAMPS / name).read_text() == print_of
    except OSError:
        return False


def stamp(name: str, print_of: str) -> None:
    """Remembers what was installed; called only after it succeeded."""
    _STAMPS.mkdir(parents=True, exist_ok=True)
    (_STAMPS / name).write_text(print_of)
