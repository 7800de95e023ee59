"""Runs `consent-server` as its own process without paying 1.5 s of imports for every call.

A server process does once what every command begins with (`warm`); each command is a fork of it,
with an environment and output of its own. What the program does from there on is what it does from
a shell.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from multiprocessing import forkserver
from pathlib import Path

_PATIENCE_SECONDS = 120
_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["support.warm"])


def run_command(
    arguments: Sequence[str], environ: dict[str, str], *, check: bool
) -> subprocess.CompletedProcess[str]:
    """Runs one command and returns what it printed.

    Raises CalledProcessError when it fails and `check` is set, TimeoutExpired after two minutes.
    """
    _start_server()
    command = ["consent-server", *arguments]
    with tempfile.TemporaryDirectory() as folder:
        process = _forks.Process(target=_command, args=(arguments, environ, folder))
        process.start()
        process.join(_PATIENCE_SECONDS)
        if process.is_alive():
            process.kill()
            raise subprocess.TimeoutExpired(command, _PATIENCE_SECONDS)
        said, complained = (Path(folder, name).read_text() for name in ("stdout", "stderr"))
    result = subprocess.CompletedProcess(command, process.exitcode or 0, said, complained)
    if check:
        result.check_returncode()
    return result


@cache
def _start_server() -> None:
    """Starts it with the folder of the tests on its path: Python 3.11 does not hand that on."""
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = str(Path(__file__).parents[1])
    try:
        forkserver.ensure_running()
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before


def _command(arguments: Sequence[str], environ: dict[str, str], folder: str) -> None:
    for number, name in ((1, "stdout"), (2, "stderr")):
        os.dup2(os.open(Path(folder, name), os.O_WRONLY | os.O_CREAT), number)
    sys.stdout, sys.stderr = open(1, "w", closefd=False), open(2, "w", closefd=False)  # noqa: SIM115
    os.environ.clear()
    os.environ.update(environ)
    from consent_server.cli import main  # already imported by the server that this is a fork of

    try:
        main(arguments)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
