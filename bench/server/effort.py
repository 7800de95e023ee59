"""How much is measured: the real thing by default, less to see that it works."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Effort:
    """rows: of exports and destructions. soak_engine: sqlite or postgresql."""

    rounds: int = 3
    seconds: float = 4
    warm_seconds: float = 1
    rows: int = 1_000_000
    soak_minutes: float = 20
    soak_engine: str = "postgresql"
