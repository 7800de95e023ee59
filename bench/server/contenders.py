"""Contenders of a measurement: who is asked, over how many connections, and what must be true then.

Every run that writes is checked in the database: each acknowledged row is there, and no more than
one row per connection whose answer wrk no longer waited for. Once per contender the count is exact.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from bench.server import loadgen
from bench.server.effort import Effort
from bench.server.loadgen import Counted, Outcome, Shot, VoidRunError
from bench.server.rounds import in_turn, spread

_QUIET_SECONDS: Final = 0.3  # in which no row may come before a count is believed
_PATIENCE_SECONDS: Final = 60
_COUNTED: Final = 100  # requests of the exact check
_COUNTED_CONNECTIONS: Final = 16

Count = Callable[[], int]


@dataclass(frozen=True)
class Contender:
    """ask: sends for so many seconds. ask_counted: sends exactly so many.

    count: the rows that its requests have made so far; None where a request makes none.
    before: brings the machine to rest, before each run. warm: sends for the warm-up, if otherwise.
    """

    name: str
    connections: int
    ask: Callable[[float], Outcome]
    ask_counted: Callable[[int], Counted] | None = None
    count: Count | None = None
    before: Callable[[], None] = lambda: None
    warm: Callable[[float], Outcome] | None = None

    @property
    def key(self) -> str:
        """Names it among the measures of a section."""
        return f"{self.name}-{self.connections}"


def over_http(
    name: str,
    url: str,
    shots: Sequence[Shot],
    connections: int,
    count: Count | None = None,
    before: Callable[[], None] = lambda: None,
) -> Contender:
    """Returns a contender that wrk asks."""
    return Contender(
        name,
        connections,
        lambda seconds: loadgen.run(url, shots, connections, seconds),
        lambda wanted: loadgen.run_counted(url, shots, _COUNTED_CONNECTIONS, wanted),
        count,
        before,
    )


def measure_all(contenders: Sequence[Contender], effort: Effort) -> dict[str, Any]:
    """Returns rates and latencies of each contender, by its key."""
    for contender in {one.name: one for one in contenders}.values():
        check_exactly(contender)
    seen = in_turn(effort.rounds, contenders, lambda one: measured_run(one, effort))
    return {
        contender.key: summary(outcomes) | {"connections": contender.connections}
        for contender, outcomes in zip(contenders, seen, strict=True)
    }


def summary(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Returns what rounds have in common."""
    return {
        "per_second": spread(one.per_second for one in outcomes),
        "p50_ms": spread(one.p50_ms for one in outcomes),
        "p99_ms": spread(one.p99_ms for one in outcomes),
        "max_ms": spread(one.max_ms for one in outcomes),
        "requests": sum(one.requests for one in outcomes),
        "failed": 0,  # else the run is void and there is no result
    }


def check_exactly(contender: Contender) -> None:
    """Sends an exact number and looks at each answer and at the rows. Raises VoidRunError."""
    if contender.count is None or contender.ask_counted is None:
        return
    before = contender.count()
    said = contender.ask_counted(_COUNTED)
    made = settled(contender.count) - before
    if said.refused or not said.answered == made == _COUNTED:
        raise VoidRunError(f"{contender.key}: {asdict(said)}, {made} rows of {_COUNTED}")


def check_rows(name: str, acknowledged: int, made: int, unanswered: int) -> None:
    """Raises VoidRunError unless each acknowledged row exists, and none that nobody sent.

    unanswered: how many requests may have been on their way when wrk stopped listening.
    """
    if not acknowledged <= made <= acknowledged + unanswered:
        raise VoidRunError(f"{name}: {acknowledged} acknowledged, {made} rows")


def measured_run(contender: Contender, effort: Effort) -> Outcome:
    """Warms up, measures and counts."""
    before = settled(contender.count) if contender.count else 0
    contender.before()
    try:
        warm = (contender.warm or contender.ask)(effort.warm_seconds)
        outcome = contender.ask(effort.seconds)
    except VoidRunError as error:
        raise VoidRunError(f"{contender.key}: {error}") from error
    if contender.count:
        made = settled(contender.count) - before
        sent = warm.requests + outcome.requests
        check_rows(contender.key, sent, made, 2 * contender.connections)
    rate, slow = f"{outcome.per_second:9,.0f}/s", f"p99 {outcome.p99_ms:.1f} ms"
    print(f"    {contender.key:24}{rate}  {slow}", flush=True)
    return outcome


def settled(count: Count) -> int:
    """Returns the rows once no more come in."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    before, now = -1, count()
    while before != now and time.monotonic() < deadline:
        time.sleep(_QUIET_SECONDS)
        before, now = now, count()
    return now
