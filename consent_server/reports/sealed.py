"""Files of exports that wait here: sealed piece by piece, each file under a key of its own.

On the disk lies nothing but ciphertext; who destroys the key destroys the file, wherever a copy of
it may be. A piece is bound to its file and its place in it, and the length stands in the database,
so none can be exchanged, moved or cut off. Pieces make any part readable without what is before it.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final
from uuid import UUID

from consent_server.keys.ring import KeyRing

PIECE_BYTES: Final = 65_536
_SEALED_BYTES: Final = PIECE_BYTES + 28  # nonce and tag of AES-GCM
_CLASS: Final = "export file"
_SUFFIX: Final = ".sealed"
KEYS: Final = "export-"  # how references begin, and so the names of keys


class SealedFiles:
    """The folder of such files, which every node must reach, and the ring that has their keys."""

    def __init__(self, folder: Path, ring: KeyRing) -> None:
        self._folder = folder
        self._ring = ring

    def write(self, reference: str, blocks: Iterable[bytes]) -> int:
        """Seals a file; returns its length in clear. Raises OSError, or what the blocks raise.

        Whatever is raised, nothing of the file is left.
        """
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            descriptor = os.open(
                self._path(reference), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600
            )
            with os.fdopen(descriptor, "wb") as file:
                length = self._pour(reference, blocks, file)
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            self.destroy([reference])
            raise
        return length

    def open(self, reference: str, length: int) -> SealedReader:
        """Opens a file to read from any place. Raises FileNotFoundError."""
        return SealedReader(self._path(reference).open("rb"), self._ring, reference, length)

    def destroy(self, references: Iterable[str]) -> None:
        """Destroys files and their keys; what is gone already is no error."""
        doomed = sorted(references)
        for reference in doomed:
            self._path(reference).unlink(missing_ok=True)
        known = set(map(str, self._ring.names()))
        if keys := [reference for reference in doomed if reference in known]:
            self._ring.destroy_all(keys)

    def all(self) -> set[str]:
        """Returns the references of which a file or a key is left."""
        files = {path.stem for path in self._folder.glob(f"{KEYS}*{_SUFFIX}")}
        return files | {name for name in map(str, self._ring.names()) if name.startswith(KEYS)}

    def _pour(self, reference: str, blocks: Iterable[bytes], file: io.BufferedWriter) -> int:
        number, length, rest = 0, 0, bytearray()
        for block in blocks:
            rest += block
            while len(rest) >= PIECE_BYTES:
                file.write(self._seal(reference, number, bytes(rest[:PIECE_BYTES])))
                del rest[:PIECE_BYTES]
                number += 1
                length += PIECE_BYTES
        file.write(self._seal(reference, number, bytes(rest)))
        return length + len(rest)

    def _seal(self, reference: str, number: int, piece: bytes) -> bytes:
        return self._ring.encrypt(_CLASS, reference, UUID(int=number), piece)

    def _path(self, reference: str) -> Path:
        return self._folder / f"{reference}{_SUFFIX}"


class SealedReader(io.RawIOBase):
    """A sealed file, in clear, from wherever one seeks to. length: in clear.

    Reading raises KeyDestroyed once the file is destroyed.
    """

    def __init__(self, file: io.BufferedReader, ring: KeyRing, reference: str, length: int) -> None:
        super().__init__()
        self._file, self._ring, self._reference, self._length = file, ring, reference, length
        self._at = 0

    def seekable(self) -> bool:
        """Whether any part can be read: yes."""
        return True

    def readable(self) -> bool:
        """Whether it can be read: yes."""
        return True

    def tell(self) -> int:
        """Returns where the next read begins."""
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Goes somewhere in the file."""
        starts = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._length}
        self._at = max(0, starts[whence] + offset)
        return self._at

    def read(self, size: int = -1) -> bytes:
        """Returns at most `size` bytes, no further than the end of one piece; b"" at the end."""
        left = self._length - self._at
        if left <= 0 or size == 0:
            return b""
        number, start = divmod(self._at, PIECE_BYTES)
        self._file.seek(number * _SEALED_BYTES)
        sealed = self._file.read(_SEALED_BYTES)
        piece = self._ring.decrypt(_CLASS, self._reference, UUID(int=number), sealed)
        end = len(piece) if size < 0 else min(len(piece), start + size)
        self._at += end - start
        return piece[start:end]

    def close(self) -> None:
        """Closes the file."""
        self._file.close()
        super().close()
