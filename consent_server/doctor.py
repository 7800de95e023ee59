"""Looks the key ring over for an operator: what is in it, and what would defeat it.

Changes nothing and makes nothing, so it may be asked before anything is set up.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from consent_server.config import Settings
from consent_server.keys.ring import KeyRing
from consent_server.keys.store import Witness
from consent_server.storage.migrate import migration_engine
from consent_server.storage.ring_state import RingMemory

_OTHERS: Final = 0o077
_SQLITE: Final = "sqlite:///"


@dataclass(frozen=True, slots=True)
class RingFacts:
    """What was found. generation: 0 without a ring; oldest_day, newest_day: of the day keys."""

    folder: str
    ring: str
    generation: int
    day_keys: int
    oldest_day: str
    newest_day: str
    named_keys: int
    is_private: bool
    is_roll_due: bool
    are_snapshots_off: bool

    def warnings(self) -> Iterator[str]:
        """Yields what an operator should do something about, one line each."""
        if not self.is_private:
            yield f"others may enter {self.folder} or read in it; chmod -R go= {self.folder}"
        if self.is_roll_due:
            yield (
                "keys were destroyed whose master key is not rolled yet; "
                "`consent-server retention run` does it"
            )
        if not self.are_snapshots_off:
            yield warning_of_snapshots(self.folder)


def warning_of_snapshots(folder: Path | str) -> str:
    """Returns the line that asks an operator for what no program can find out."""
    return (
        f"make sure that no snapshots and no dated backups are made of the volume of {folder}: "
        "they would bring destroyed keys back. Then set CONSENT_KEYS_SNAPSHOTS_OFF=on."
    )


def look_at_ring(settings: Settings) -> RingFacts:
    """Returns what is in the key ring. Raises ConfigError or OSError when it is not to be used."""
    with witness_of(settings) as witness:
        ring = KeyRing(settings.keys_dir, witness=witness)
        mark, days = ring.mark(), ring.days()
        return RingFacts(
            folder=str(settings.keys_dir),
            ring=mark.ring if mark else "",
            generation=mark.generation if mark else 0,
            day_keys=len(days),
            oldest_day=str(days[0]) if days else "",
            newest_day=str(days[-1]) if days else "",
            named_keys=len(ring.names()) - len(days),
            is_private=_is_private(settings.keys_dir),
            is_roll_due=ring.is_roll_due(),
            are_snapshots_off=settings.keys_snapshots_off,
        )


@contextmanager
def witness_of(settings: Settings) -> Iterator[Witness | None]:
    """Lends what the main database knows of the ring; None while there is no database."""
    url = settings.database_url
    if url.startswith(_SQLITE) and not Path(url.removeprefix(_SQLITE)).exists():
        yield None  # to ask would make an empty file
        return
    engine = migration_engine(settings, "main")
    try:
        yield RingMemory(engine)
    finally:
        engine.dispose()


def _is_private(folder: Path) -> bool:
    if not folder.exists():
        return True
    return not any(path.stat().st_mode & _OTHERS for path in [folder, *folder.rglob("*")])
