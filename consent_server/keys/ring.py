"""One random 256-bit key per calendar day, each in a file of its own (`files`).

A payload is encrypted (AES-256-GCM) before any database sees it, bound to its class, day and row
id. `destroy` removes the file of a day and forgets the key; after that nothing in this program
can read that day again. Keys never reach a database: a key kept in a table survives in its
write-ahead log.

Between two uses a key stays in memory as a ready cipher, because to look at its file costs more
than to encrypt. Other processes destroy keys too, so the file is looked at before payloads are
opened, each time; before one is sealed, once a second at most. That second is safe: what a
destroyed key seals, no process can open, as each looks first; it can be lost early, never be
read late. At that look every held key is looked at, so no process that takes visits keeps a
destroyed key in memory for longer.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from consent_server.entropy import random_bytes
from consent_server.errors import KeyDestroyed
from consent_server.keys.files import KEY_BYTES, FileId, KeyFiles

_NONCE_BYTES: Final = 12  # random nonces stay safe far beyond the rows of one day (2^32)
_TRUST_SECONDS: Final = 1.0

Sealed = tuple[date, UUID, bytes]  # day, id of the row, payload


@dataclass(frozen=True, slots=True)
class _Held:
    """A key in memory; OpenSSL wipes its copy when the last reference to `cipher` goes."""

    cipher: AESGCM
    file_id: FileId


class KeyRing:
    """The day keys in one folder, shared by every process that mounts it.

    folder: made on first use, mode 0700; refused when others may enter it.
    trust_seconds: how long a held key seals without a look at its file.

    Keys are used under a lock, for half a microsecond each: when `destroy` returns, no thread
    is still sealing or opening with the key.
    """

    def __init__(self, folder: Path, *, trust_seconds: float = _TRUST_SECONDS) -> None:
        self._trust_seconds = trust_seconds
        self._files = KeyFiles(folder)
        self._held: dict[date, _Held] = {}
        self._trusted_until = 0.0  # by the monotonic clock
        self._lock = threading.Lock()

    def encrypt(self, record_class: str, day: date, row_id: UUID, plain: bytes) -> bytes:
        """Returns nonce and ciphertext of a payload under the key of its day."""
        nonce = random_bytes(_NONCE_BYTES)
        associated = _associated(record_class, day, row_id)
        with self._lock:
            self._look_now_and_then()
            cipher = self._cipher(day, make=True)
            return nonce + cipher.encrypt(nonce, plain, associated)

    def decrypt(self, record_class: str, day: date, row_id: UUID, payload: bytes) -> bytes:
        """Returns the payload of a row.

        Raises KeyDestroyed when the day's key is gone or is not the one it was sealed with.
        """
        with self._lock:
            self._look([day])
            return self._open(record_class, (day, row_id, payload))

    def decrypt_page(self, record_class: str, rows: Iterable[Sealed]) -> list[bytes | None]:
        """Returns the payloads of some rows; None where the key is gone or does not fit.

        The key files are looked at once per page, not once per row.
        """
        with self._lock:
            self._look(list(self._held))
        return [self._opened(record_class, row) for row in rows]

    def days(self) -> list[date]:
        """Returns the days whose keys exist, oldest first."""
        return self._files.days()

    def damaged_days(self) -> list[date]:
        """Returns the days whose key files cannot be read, oldest first.

        Raises ConfigError when the master key is lost or damaged: then no day can be read, and when
        keys could be neither made nor destroyed.
        """
        return self._files.damaged_days()

    def check(self) -> None:
        """Raises ConfigError or OSError when no key could be read or made; makes none itself."""
        self._files.check()

    def destroy(self, day: date) -> None:
        """Overwrites and removes the key of a day on disk, and forgets it in this process.

        May be repeated; when it returns, the file is gone from the folder on disk.
        """
        with self._lock:
            self._held.pop(day, None)
            self._files.destroy(day)

    def destroy_all(self, days: Iterable[date]) -> None:
        """Destroys the keys of several days; may be repeated."""
        for day in days:
            self.destroy(day)

    def _opened(self, record_class: str, row: Sealed) -> bytes | None:
        with self._lock:
            try:
                return self._open(record_class, row)
            except KeyDestroyed:
                return None

    def _open(self, record_class: str, row: Sealed) -> bytes:
        day, row_id, payload = row
        cipher = self._cipher(day, make=False)
        try:
            return cipher.decrypt(
                payload[:_NONCE_BYTES],
                payload[_NONCE_BYTES:],
                _associated(record_class, day, row_id),
            )
        except InvalidTag as error:
            raise KeyDestroyed(f"The key of {day} does not open this record.") from error

    def _look_now_and_then(self) -> None:
        now = time.monotonic()
        if now >= self._trusted_until:
            self._look(list(self._held))
            self._trusted_until = now + self._trust_seconds

    def _look(self, days: Iterable[date]) -> None:
        """Forgets a held key unless it lies in the very file that it came from."""
        for day in days:
            held = self._held.get(day)
            if held is not None and held.file_id != self._files.id_of(day):
                del self._held[day]

    def _cipher(self, day: date, *, make: bool) -> AESGCM:
        held = self._held.get(day) or self._take(day, make=make)
        return held.cipher

    def _take(self, day: date, *, make: bool) -> _Held:
        key = bytearray(KEY_BYTES)
        try:
            file_id = self._files.read_into(key, day, make=make)
            held = self._held[day] = _Held(AESGCM(key), file_id)
        finally:
            key[:] = bytes(KEY_BYTES)
        return held


def _associated(record_class: str, day: date, row_id: UUID) -> bytes:
    return f"{record_class}|{day.isoformat()}|{row_id}".encode()
