"""One random 256-bit key per calendar day, each in a file of its own, wrapped by a master key.

A payload is encrypted (AES-256-GCM) before any database sees it, bound to its class, day and row
id. `destroy` overwrites and unlinks the file of a day and forgets the key; after that nothing in
this program can read that day again. Keys never reach a database: a key kept in a table survives
in its write-ahead log.
"""

from __future__ import annotations

import os
import secrets
import threading
from datetime import date
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from consent_server.errors import ConfigError, KeyDestroyed

_KEY_BYTES = 32
_NONCE_BYTES = 12  # random nonces stay safe far beyond the rows of one day (2^32)
_PUT_BACK = (
    "put it back from your copy of the key ring, or move the whole folder away: "
    "visits recorded so far can then never be read again."
)
_PRIVATE = 0o077  # permission bits that nobody but the owner may have


class KeyRing:
    """The day keys in one folder, shared by every process that mounts it.

    folder: made on first use, mode 0700; refused when others may enter it.
    """

    def __init__(self, folder: Path) -> None:
        self._days = folder / "days"
        self._folder = folder
        self._keys: dict[date, bytearray] = {}
        self._lock = threading.Lock()

    def encrypt(self, record_class: str, day: date, row_id: UUID, plain: bytes) -> bytes:
        """Returns nonce and ciphertext of a payload under the key of its day."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = AESGCM(self._key(day, make=True)).encrypt(
            nonce, plain, _associated(record_class, day, row_id)
        )
        return nonce + sealed

    def decrypt(self, record_class: str, day: date, row_id: UUID, payload: bytes) -> bytes:
        """Returns the payload of a row.

        Raises KeyDestroyed when the day's key is gone or is not the one it was sealed with.
        """
        key = self._key(day, make=False)
        try:
            return AESGCM(key).decrypt(
                payload[:_NONCE_BYTES],
                payload[_NONCE_BYTES:],
                _associated(record_class, day, row_id),
            )
        except InvalidTag as error:
            raise KeyDestroyed(f"The key of {day} does not open this record.") from error

    def days(self) -> list[date]:
        """Returns the days whose keys exist, oldest first."""
        if not self._days.is_dir():
            return []
        return sorted(date.fromisoformat(path.stem) for path in self._days.glob("*.key"))

    def damaged_days(self) -> list[date]:
        """Returns the days whose key files cannot be read, oldest first.

        Raises ConfigError when the master key is lost or damaged: then no day can be read, and when
        keys could be neither made nor destroyed.
        """
        for folder in (self._folder, self._days):
            if folder.exists() and not os.access(folder, os.W_OK):
                raise ConfigError(f"CONSENT_KEYS_DIR: {folder} cannot be written.")
        return [day for day in self.days() if not self._can_load(day)]

    def _can_load(self, day: date) -> bool:
        try:
            self._load(day, make=False)
        except (KeyDestroyed, OSError):
            return not self._path(day).exists()  # destroyed meanwhile is not damaged
        return True

    def destroy(self, day: date) -> None:
        """Overwrites and removes the key of a day, on disk and in this process.

        May be repeated; when it returns, the file is gone from the folder on disk.
        """
        with self._lock:
            held = self._keys.pop(day, None)
            if held is not None:
                held[:] = bytes(len(held))
            path = self._path(day)
            if path.exists():
                _overwrite(path)
                path.unlink()
                _sync_folder(self._days)

    def check(self) -> None:
        """Raises ConfigError or OSError when no key could be read or made; makes none itself."""
        self._prepare()
        master = self._folder / "master.key"
        if master.exists() and len(master.read_bytes()) != _KEY_BYTES:
            raise ConfigError(f"CONSENT_KEYS_DIR: {master} is not a key of this service.")
        if not os.access(self._days, os.R_OK | os.W_OK | os.X_OK):
            raise ConfigError(f"CONSENT_KEYS_DIR: {self._days} cannot be written.")

    def _key(self, day: date, *, make: bool) -> bytes:
        with self._lock:
            key = self._keys.get(day)
            if key is None or not self._path(day).exists():
                self._keys.pop(day, None)  # another process destroyed it
                key = self._keys[day] = bytearray(self._load(day, make=make))
            return bytes(key)

    def _load(self, day: date, *, make: bool) -> bytes:
        self._prepare()
        path = self._path(day)
        if not path.exists():
            if not make:
                raise KeyDestroyed(f"The key of {day} is destroyed.")
            fresh = secrets.token_bytes(_KEY_BYTES)
            _create(path, _wrap(self._master(), day, fresh))
        return _unwrap(self._master(), day, path.read_bytes())

    def _master(self) -> bytes:
        path = self._folder / "master.key"
        if not path.exists():
            if self.days():  # a new one would open none of them
                raise ConfigError(f"CONSENT_KEYS_DIR: {path} is lost; {_PUT_BACK}")
            _create(path, secrets.token_bytes(_KEY_BYTES))
        master = path.read_bytes()
        if len(master) != _KEY_BYTES:
            raise ConfigError(f"CONSENT_KEYS_DIR: {path} is damaged; {_PUT_BACK}")
        return master

    def _prepare(self) -> None:
        for folder in (self._folder, self._days):
            try:
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            except OSError as error:
                raise ConfigError(f"CONSENT_KEYS_DIR: {folder}: {error.strerror}") from error
            if folder.stat().st_mode & _PRIVATE:
                raise ConfigError(f"CONSENT_KEYS_DIR: others may enter {folder}; chmod 700 it.")

    def _path(self, day: date) -> Path:
        return self._days / f"{day.isoformat()}.key"


def _associated(record_class: str, day: date, row_id: UUID) -> bytes:
    return f"{record_class}|{day.isoformat()}|{row_id}".encode()


def _wrap(master: bytes, day: date, key: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(master).encrypt(nonce, key, day.isoformat().encode())


def _unwrap(master: bytes, day: date, wrapped: bytes) -> bytes:
    try:
        return AESGCM(master).decrypt(
            wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], day.isoformat().encode()
        )
    except (InvalidTag, ValueError) as error:  # garbled, or truncated
        raise KeyDestroyed(f"The key file of {day} does not fit the master key.") from error


def _create(path: Path, content: bytes) -> None:
    """Writes a new file whole or not at all; when another process was quicker, its file stays."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
        _sync_folder(path.parent)
    finally:
        draft.unlink()


def _overwrite(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(bytes(path.stat().st_size))
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
