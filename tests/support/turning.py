"""Commands and a service whose wall clock is a file: turned while they run, in any zone.

One process imports the program under libfaketime; each command is a fork of it, so that a command
at another instant costs a tenth of a second instead of two.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from support.prepared import Prepared

_COMMANDS = """
import json, os, sys, tempfile
from consent_server.cli import main

for line in sys.stdin:
    with tempfile.TemporaryFile() as said:
        child = os.fork()
        if child == 0:
            os.dup2(said.fileno(), 1)
            sys.stdout = open(1, "w", closefd=False)
            try:
                main(json.loads(line))
            finally:
                sys.stdout.flush()
        _, status = os.waitpid(child, 0)
        said.seek(0)
        text = said.read().decode()
    print(json.dumps([os.waitstatus_to_exitcode(status), text]), flush=True)
"""


class Turning:
    """A wall clock in a file, and what a process needs to live by it."""

    def __init__(self, prepared: Prepared, file: Path, zone: str) -> None:
        self._file = file
        self._zone = ZoneInfo(zone)
        self.environ = {
            "TZ": zone,
            "LD_PRELOAD": prepared.libfaketime,
            "FAKETIME_TIMESTAMP_FILE": str(file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def to(self, instant: datetime) -> None:
        """Turns the clock to an instant, from which it goes on: a server needs one that goes."""
        self._write(f"{(instant - datetime.now(UTC)).total_seconds():+.3f}")

    def stop_at(self, instant: datetime) -> None:
        """Stops the clock at an instant (libfaketime reads local time)."""
        self._write(f"{instant.astimezone(self._zone):%Y-%m-%d %H:%M:%S}")

    def _write(self, words: str) -> None:
        draft = self._file.with_suffix(".draft")
        draft.write_text(f"{words}\n")
        draft.replace(self._file)


class Commands:
    """Runs commands of one deployment."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def run(self, *arguments: str) -> tuple[int, str]:
        """Returns exit code and output of a command."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(arguments), file=self._process.stdin, flush=True)
        status, said = json.loads(self._process.stdout.readline())
        return status, said

    def rows(self, *arguments: str) -> list[dict[str, Any]]:
        """Returns the lines of JSON that a command printed."""
        return [json.loads(line) for line in self.run(*arguments)[1].splitlines()]


@contextmanager
def commands_of(environ: dict[str, str]) -> Iterator[Commands]:
    """Starts the process behind the commands; ends it."""
    with subprocess.Popen(
        [sys.executable, "-c", _COMMANDS],
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield Commands(process)
        assert process.stdin is not None
        process.stdin.close()
