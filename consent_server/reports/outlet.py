"""What a library writes a file into, so that the file leaves in pieces and never lies on a disk."""

from __future__ import annotations


class Outlet:
    """Holds what was written since the last `take`. Cannot be wound back."""

    closed = False

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._length = 0

    def write(self, piece: bytes) -> int:
        """Takes the next bytes of the file."""
        self._pieces.append(bytes(piece))
        self._length += len(piece)
        return len(piece)

    def tell(self) -> int:
        """Returns how many bytes the file has."""
        return self._length

    def flush(self) -> None:
        """Does nothing: what is written is there."""

    def take(self) -> bytes:
        """Returns what was written and lets go of it."""
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken
