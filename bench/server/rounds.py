"""Rounds: every contender in turn, each round begins with another one; medians and extremes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from statistics import median
from typing import TypeVar

C = TypeVar("C")
R = TypeVar("R")
Spread = dict[str, float]


def in_turn(rounds: int, contenders: Sequence[C], measure: Callable[[C], R]) -> list[list[R]]:
    """Returns what each contender did in every round, in the order of the contenders."""
    seen: list[list[R]] = [[] for _ in contenders]
    for number in range(rounds):
        print(f"  round {number + 1} of {rounds}", flush=True)
        for place in turn_order(len(contenders), number):
            seen[place].append(measure(contenders[place]))
    return seen


def turn_order(count: int, number: int) -> list[int]:
    """Returns who follows whom in a round: nobody always comes after the same quiet moment."""
    return [(place + number) % count for place in range(count)]


def spread(values: Iterable[float]) -> Spread:
    """Returns median, extremes and the number of rounds."""
    ordered = sorted(values)
    return {
        "median": _rounded(median(ordered)),
        "min": _rounded(ordered[0]),
        "max": _rounded(ordered[-1]),
        "rounds": len(ordered),
    }


def _rounded(value: float) -> float:
    """Keeps what was measured: whole numbers above a hundred, else three decimals."""
    return float(round(value)) if abs(value) >= 100 else round(value, 3)
