"""The folder in which several workers of one machine count together.

It lies under CONSENT_HOME and not in a temporary folder: systems clean those by the age of files,
and would take counts away from under a running service. Each `serve` has one of its own, named
after host and process; what a killed one left behind goes at the next start.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from prometheus_client import values

VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"  # the library's own; other servers may set it too
_FILE_OF_PROCESS: Final = re.compile(r"_(\d+)\.db$")


@contextmanager
def shared_counts(home: Path) -> Iterator[Path]:
    """Makes the folder for the workers that are started inside; removes it at the end.

    Metrics made inside, also in processes started from here, count in files of this folder.
    """
    run = home / "run"
    prefix = f"metrics-{socket.gethostname()}-"
    run.mkdir(mode=0o700, exist_ok=True)
    _sweep(run.glob(f"{prefix}*"))
    folder = run / f"{prefix}{os.getpid()}"
    folder.mkdir(mode=0o700)
    os.environ[VARIABLE] = str(folder)
    values.ValueClass = values.get_value_class()  # the library chose when it was imported
    try:
        yield folder
    finally:
        del os.environ[VARIABLE]
        values.ValueClass = values.get_value_class()
        shutil.rmtree(folder, ignore_errors=True)


def shared_folder() -> Path | None:
    """Returns the folder of this process's counts, or None where they live in memory."""
    return Path(os.environ[VARIABLE]) if VARIABLE in os.environ else None


def forget_dead(folder: Path) -> None:
    """Removes what processes that ended said about their present state.

    Their counts stay: a sum that becomes smaller would look like a restart of everything.
    """
    dead = {pid for pid in _processes(folder) if not is_alive(pid)}
    for path in folder.glob("gauge_live*.db"):
        if _process_of(path) in dead:
            path.unlink(missing_ok=True)


def live_processes(folder: Path) -> list[int]:
    """Returns the processes that count in this folder and run."""
    return sorted(pid for pid in _processes(folder) if is_alive(pid))


def is_alive(pid: int) -> bool:
    """Whether a process of this machine runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's
        return True
    return True


def _processes(folder: Path) -> set[int]:
    return {pid for path in folder.glob("*.db") if (pid := _process_of(path)) is not None}


def _process_of(path: Path) -> int | None:
    found = _FILE_OF_PROCESS.search(path.name)
    return int(found[1]) if found else None


def _sweep(folders: Iterable[Path]) -> None:
    for folder in folders:
        pid = int(folder.name.rpartition("-")[2])
        if not is_alive(pid) or pid == os.getpid():
            shutil.rmtree(folder, ignore_errors=True)
