"""What the ring asks of a place where keys are kept, and of whoever remembers how far it came.

A folder that every node mounts is one place (`folder`); a secret manager can be another if it keeps
these promises, which `tests/keys/test_store.py` puts to any store. What it may not do: keep an
earlier generation within anybody's reach, as one with versions or a compulsory waiting period
before deletion does.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Final, Protocol

from consent_server.keys.names import KeyName

KEY_BYTES: Final = 32

KeyId = Hashable  # which key lies under a name at present; another one, or a rewrapped one, differs


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a ring has come. generation: from 1 on; raised by each roll of the master key."""

    ring: str
    generation: int


class KeyStore(Protocol):
    """Keys of KEY_BYTES by name, shared by every process of every node.

    Raises OldRing from every verb once something older lies there than this store, or `expect`,
    has seen; ConfigError, with one line that says what to do, when the place is no good; OSError
    when it is away, full or read-only. Safe to call from several threads.
    """

    def mark(self) -> Mark | None:
        """Returns how far the ring has come; None when none was made yet."""
        ...

    def expect(self, seen: Mark) -> None:
        """Refuses from now on what is older than `seen`, and another ring at once (OldRing)."""
        ...

    def names(self) -> list[KeyName]:
        """Returns the names whose keys exist: days first, oldest first."""
        ...

    def ids(self, names: Iterable[KeyName]) -> dict[KeyName, KeyId]:
        """Returns which keys lie under some names at present; a name without a key is left out."""
        ...

    def read_into(self, key: bytearray, name: KeyName, *, make: bool) -> KeyId:
        """Fills `key`, KEY_BYTES long, and returns which key that is.

        make: whether to make one when there is none; when several do at once, all get the same.
        Raises KeyDestroyed when there is none, or it is damaged.
        """
        ...

    def destroy_all(self, names: Iterable[KeyName]) -> None:
        """Destroys keys, then rolls the master key once, so that no stray copy of them opens.

        Idempotent, and finishes what an earlier call left. Every other key stays what it was. An
        OSError means that it must be called again: either a key is still among `names()`, or
        `is_roll_due` is true.
        """
        ...

    def is_roll_due(self) -> bool:
        """Whether keys were destroyed whose master key still exists."""
        ...

    def damaged(self) -> list[KeyName]:
        """Returns the names whose keys exist and cannot be read."""
        ...

    def check(self) -> None:
        """Raises what `read_into` would if no key could be read or made; makes none itself."""
        ...


class Witness(Protocol):
    """Remembers beside the data, not beside the keys, how far the ring has come.

    Both verbs raise Unavailable while that is away.
    """

    def last_seen(self) -> tuple[str, int] | None:
        """Returns ring and generation; None when no ring was ever seen."""
        ...

    def remember(self, ring: str, generation: int) -> None:
        """Keeps that a ring has come so far; one that is further already stays."""
        ...

    def replace(self, ring: str, generation: int) -> None:
        """Keeps that another ring stands for the one that was lost."""
        ...


class NoWitness:
    """Remembers nothing: for a ring that stands alone, as in a test or a tool."""

    def last_seen(self) -> tuple[str, int] | None:
        """Returns None: whatever is found is taken."""
        return None

    def remember(self, ring: str, generation: int) -> None:
        """Does nothing."""

    def replace(self, ring: str, generation: int) -> None:
        """Does nothing."""
