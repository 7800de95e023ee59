"""Programs that a measurement starts: servers until a block ends, and commands with their cost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from bench.deployment import ROOT, free_port, wait_until_ready

PYTHON = str(ROOT / ".venv" / "bin" / "python")
_STOP_SECONDS = 60
_LOOK_SECONDS = 0.02  # the kernel keeps the peak itself; the last look must only not come too early


@dataclass(frozen=True)
class Server:
    """A running server: its address and the process that started it."""

    url: str
    pid: int

    def processes(self) -> list[int]:
        """Returns its process and all that came from it."""
        return family(self.pid)


@dataclass(frozen=True)
class Cost:
    """What a command took. peak_mib: most resident memory at any moment."""

    seconds: float
    peak_mib: float


@contextmanager
def serving(
    command: Sequence[str], environ: Mapping[str, str], ready: str, log: Path
) -> Iterator[Server]:
    """Starts a server with `--port` added and waits until the path `ready` answers.

    Raises SystemExit with the end of its log when it does not start.
    """
    port = free_port()
    with log.open("ab") as out:
        process = subprocess.Popen(
            [*command, "--port", str(port)], env=dict(environ), cwd=ROOT, stdout=out, stderr=out,
            start_new_session=True,
        )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        try:
            wait_until_ready(url + ready)
        except OSError as error:
            raise SystemExit(f"bench: {command[0]} does not serve: {_end(log)}") from error
        yield Server(url, process.pid)
    finally:
        _stop(process)


def measured(
    command: Sequence[str], environ: Mapping[str, str], out: IO[Any] | None = None
) -> Cost:
    """Runs a command to its end. Raises SystemExit when it fails."""
    started = time.perf_counter()
    process = subprocess.Popen(
        list(command), env=dict(environ), cwd=ROOT, stdout=out or subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )  # fmt: skip
    peak = _Peak(process.pid)
    _, errors = process.communicate()
    seconds = time.perf_counter() - started
    if process.returncode:
        raise SystemExit(f"bench: {' '.join(command)} failed: {errors.decode()[-500:]}")
    return Cost(seconds, peak.mib())


def told(module: str, *words: str, environ: Mapping[str, str]) -> dict[str, Any]:
    """Runs a module of this folder in a process of its own; returns the JSON that it prints."""
    command = [PYTHON, "-m", f"bench.server.{module}", *words]
    done = subprocess.run(
        command, env=dict(environ), cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"bench: {' '.join(command)} failed: {done.stderr[-1500:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def clean_environ() -> dict[str, str]:
    """Returns our environment without settings of the service, and with this Python first."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CONSENT_")}
    return kept | {"PATH": f"{Path(sys.executable).parent}:{kept.get('PATH', '/usr/bin:/bin')}"}


def family(pid: int) -> list[int]:
    """Returns a process and its descendants that still run."""
    found, row = [], [pid]
    while row:
        found += row
        row = [child for parent in row for child in _children(parent)]
    return found


def _children(pid: int) -> list[int]:
    found: list[int] = []
    with suppress(OSError):  # ended meanwhile
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += [int(word) for word in (task / "children").read_text().split()]
    return found


class _Peak:
    """Follows the peak of a process's memory until it ends (VmHWM, kept by the kernel).

    The resource usage that the kernel gives at the end will not do: it counts what our own process
    held when it forked.
    """

    def __init__(self, pid: int) -> None:
        self._status = Path(f"/proc/{pid}/status")
        self._kib = 0
        self._thread = threading.Thread(target=self._follow)
        self._thread.start()

    def mib(self) -> float:
        self._thread.join()
        return round(self._kib / 1024, 1)

    def _follow(self) -> None:
        while kib := status_kib(self._status, "VmHWM"):
            self._kib = max(self._kib, kib)
            time.sleep(_LOOK_SECONDS)


def status_kib(status: Path, name: str) -> int:
    """Returns a size out of /proc/PID/status, 0 once the process has ended."""
    with suppress(OSError):
        for line in status.read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1])
    return 0


def _stop(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _end(log: Path) -> str:
    return log.read_text(errors="replace").strip()[-500:]
