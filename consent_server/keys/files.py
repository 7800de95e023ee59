"""The key files: one per calendar day, wrapped by a master key, in a folder nobody else enters.

A file is written whole or not at all, and overwritten before it is unlinked. When several
processes make the key of a day, the first file stays and all of them read it.
"""

from __future__ import annotations

import os
import secrets
from datetime import date
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from consent_server.errors import ConfigError, KeyDestroyed

KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_PUT_BACK: Final = (
    "put it back from your copy of the key ring, or move the whole folder away: "
    "visits recorded so far can then never be read again."
)
_PRIVATE: Final = 0o077  # permission bits that nobody but the owner may have

FileId = tuple[int, int]  # inode and time of writing: a key made anew differs in them


class KeyFiles:
    """The files below one folder, which is made on first use; refused when others may enter it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._days = folder / "days"

    def days(self) -> list[date]:
        """Returns the days whose keys exist, oldest first."""
        if not self._days.is_dir():
            return []
        return sorted(date.fromisoformat(path.stem) for path in self._days.glob("*.key"))

    def id_of(self, day: date) -> FileId | None:
        """Returns which file holds the key of a day at present; None when there is none."""
        try:
            return _id(self._path(day).stat())
        except (FileNotFoundError, NotADirectoryError):
            return None

    def read_into(self, key: bytearray, day: date, *, make: bool) -> FileId:
        """Fills `key`, KEY_BYTES long, with the key of a day and returns which file it came from.

        make: whether to make the file when there is none. Raises KeyDestroyed without a file or
        when it does not fit the master key, ConfigError and OSError when the folder is no good.
        """
        self._prepare()
        path = self._path(day)
        if make and not path.exists():
            _create(path, _wrap(self._master(), day, secrets.token_bytes(KEY_BYTES)))
        try:
            with path.open("rb") as file:
                file_id, wrapped = _id(os.fstat(file.fileno())), file.read()
        except FileNotFoundError as error:
            raise KeyDestroyed(f"The key of {day} is destroyed.") from error
        _unwrap_into(key, self._master(), day, wrapped)
        return file_id

    def damaged_days(self) -> list[date]:
        """Returns the days whose files cannot be read, oldest first.

        Raises ConfigError when the master key is lost or damaged, or a folder is not to be written.
        """
        for folder in (self._folder, self._days):
            if folder.exists() and not os.access(folder, os.W_OK):
                raise ConfigError(f"CONSENT_KEYS_DIR: {folder} cannot be written.")
        return [day for day in self.days() if not self._can_read(day)]

    def check(self) -> None:
        """Raises ConfigError or OSError when no key could be read or made; makes none itself."""
        self._prepare()
        master = self._folder / "master.key"
        if master.exists() and len(master.read_bytes()) != KEY_BYTES:
            raise ConfigError(f"CONSENT_KEYS_DIR: {master} is not a key of this service.")
        if not os.access(self._days, os.R_OK | os.W_OK | os.X_OK):
            raise ConfigError(f"CONSENT_KEYS_DIR: {self._days} cannot be written.")

    def destroy(self, day: date) -> None:
        """Overwrites and removes the file; may be repeated. Then it is gone from the disk."""
        path = self._path(day)
        if path.exists():
            _overwrite(path)
            path.unlink()
            _sync_folder(self._days)

    def _master(self) -> bytes:
        path = self._folder / "master.key"
        if not path.exists():
            if self.days():  # a new one would open none of them
                raise ConfigError(f"CONSENT_KEYS_DIR: {path} is lost; {_PUT_BACK}")
            _create(path, secrets.token_bytes(KEY_BYTES))
        master = path.read_bytes()
        if len(master) != KEY_BYTES:
            raise ConfigError(f"CONSENT_KEYS_DIR: {path} is damaged; {_PUT_BACK}")
        return master

    def _can_read(self, day: date) -> bool:
        key = bytearray(KEY_BYTES)
        try:
            self.read_into(key, day, make=False)
        except (KeyDestroyed, OSError):
            return not self._path(day).exists()  # destroyed meanwhile is not damaged
        finally:
            key[:] = bytes(KEY_BYTES)
        return True

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


def _id(status: os.stat_result) -> FileId:
    return status.st_ino, status.st_mtime_ns


def _wrap(master: bytes, day: date, key: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(master).encrypt(nonce, key, day.isoformat().encode())


def _unwrap_into(key: bytearray, master: bytes, day: date, wrapped: bytes) -> None:
    nonce, sealed = wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:]
    try:
        AESGCM(master).decrypt_into(nonce, sealed, day.isoformat().encode(), key)
    except (InvalidTag, ValueError) as error:  # overwritten or cut short
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
