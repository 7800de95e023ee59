"""Load by wrk over kept-alive connections, and what came of it. Errors are never measured.

A timed run does not look at answers (that would cost wrk a third of its speed): wrk counts statuses
from 400 on, and any makes the run void. `run_counted` sends an exact number and looks at each
answer. Percentiles are wrk's, corrected by it for coordinated omission.
"""

from __future__ import annotations

import json
import secrets
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from bench.server.agents import agents

_SCRIPT = Path(__file__).with_name("load.lua")
_TIMEOUT_SECONDS = 30
_COUNTED_SECONDS = 4  # a counted run: what is not answered by then is missing
_SEEDS = 1 << 30


class VoidRunError(Exception):
    """A run with refused requests or lost connections says nothing; the text says what failed."""


@dataclass(frozen=True)
class Shot:
    """One kind of request. before, after: the body on both sides of a fresh id."""

    path: str
    method: Literal["GET", "POST"] = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    before: str | None = None
    after: str = ""
    id: Literal["none", "uuid", "base58"] = "none"


@dataclass(frozen=True)
class Outcome:
    """A timed run."""

    requests: int
    seconds: float
    bytes: int
    p50_ms: float
    p90_ms: float
    p99_ms: float
    max_ms: float

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds


@dataclass(frozen=True)
class Counted:
    """A counted run: how many were answered with 2xx, and otherwise."""

    answered: int
    refused: int
    first_refusal: str


def run(
    url: str, shots: Sequence[Shot], connections: int, seconds: float, pause_ms: float = 0
) -> Outcome:
    """Sends for so long. Raises VoidRunError when anything was refused."""
    line = _wrk(url, _plan(shots, pause_ms=pause_ms), connections, seconds)
    return outcome(line)


def run_counted(url: str, shots: Sequence[Shot], connections: int, count: int) -> Counted:
    """Sends exactly `count` requests."""
    line = _wrk(url, _plan(shots, count=count), connections, _COUNTED_SECONDS)
    return Counted(**{name: line[name] for name in Counted.__dataclass_fields__})


def outcome(line: Mapping[str, Any]) -> Outcome:
    """Returns the run that a line of load.lua tells of. Raises VoidRunError."""
    if failed := {name: count for name, count in line["errors"].items() if count}:
        raise VoidRunError(f"of {line['requests']} requests failed: {failed}")
    if not line["requests"]:
        raise VoidRunError("nothing was answered")
    return Outcome(**{name: line[name] for name in Outcome.__dataclass_fields__})


def last_line(output: str) -> dict[str, Any]:
    """Returns what load.lua printed among wrk's own words. Raises VoidRunError without it."""
    lines = [line for line in output.splitlines() if line.startswith("{")]
    if not lines:
        raise VoidRunError(f"wrk ended early: {output.strip()[-300:]}")
    found: dict[str, Any] = json.loads(lines[-1])
    return found


def _wrk(url: str, plan: str, connections: int, seconds: float) -> dict[str, Any]:
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(plan)
        file.flush()
        command = [
            "wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s",
            "--timeout", f"{_TIMEOUT_SECONDS}s", "-s", str(_SCRIPT), url, "--", file.name,
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    return last_line(done.stdout + done.stderr)


def _plan(shots: Sequence[Shot], *, pause_ms: float = 0, count: int = 0) -> str:
    facts = {
        "seed": secrets.randbelow(_SEEDS),
        "pause_ms": pause_ms,
        "count": count,
        "agents": agents(),
        "shots": [
            {name: value for name, value in vars(shot).items() if value is not None}
            for shot in shots
        ],
    }
    return f"return {lua(facts)}\n"


def lua(value: object) -> str:
    """Returns plain facts as a Lua expression; texts must be ASCII."""
    match value:
        case Mapping():
            return "{" + ",".join(f"[{lua(name)}]={lua(one)}" for name, one in value.items()) + "}"
        case str():
            return json.dumps(value)
        case Sequence():
            return "{" + ",".join(lua(one) for one in value) + "}"
        case _:
            return str(value)
