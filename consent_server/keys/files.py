"""Files of keys: written whole or not at all, overwritten before they are unlinked, fsynced.

An order to the disk comes before the next step depends on it, files before the folder that names
them. Only what a killed process can leave behind at any point is allowed to exist.
"""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from consent_server import clock
from consent_server.errors import ConfigError

_PRIVATE: Final = 0o077  # permission bits that nobody but the owner may have
_TRIES: Final = 1000  # ten seconds in all, counted by tries: a turned clock may stand still
_PAUSE_SECONDS: Final = 0.01
GONE: Final = (errno.ENOENT, errno.ENOTDIR, errno.ESTALE)  # the last is how NFS says it

FileId = tuple[int, int]  # inode and time of writing: a file made anew differs in them


def file_id(path: Path) -> FileId | None:
    """Returns which file lies at a path at present; None when there is none."""
    try:
        return _id(path.stat())
    except OSError as error:
        if error.errno in GONE:
            return None
        raise


def listed(folder: Path) -> list[str]:
    """Returns the names in a folder; none when it does not exist."""
    try:
        return os.listdir(folder)  # noqa: PTH208 - asked once a second under load, or more
    except OSError as error:
        if error.errno in GONE:
            return []
        raise


def read(path: Path, size: int) -> tuple[bytes, FileId]:
    """Returns the first `size` bytes of a file, and which file it was."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return os.read(descriptor, size), _id(os.fstat(descriptor))
    finally:
        os.close(descriptor)


def read_whole_into(buffer: bytearray, path: Path) -> bool:
    """Fills a buffer from a file; returns whether the file has exactly that size."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        is_whole = os.fstat(descriptor).st_size == len(buffer)
        return is_whole and os.readv(descriptor, [buffer]) == len(buffer)
    finally:
        os.close(descriptor)


def create(path: Path, content: bytes | bytearray) -> None:
    """Writes a new file whole or not at all; when another was quicker, its file stays.

    Its name is on disk after `sync_folder` of its folder.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        _write(draft, content, os.O_CREAT | os.O_EXCL)
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def overwrite(path: Path, content: bytes = b"") -> None:
    """Writes zeros, or `content` and zeros, over what a file holds, in the same place."""
    size = path.stat().st_size
    _write(path, content.ljust(size, b"\0"), 0)


def wipe(path: Path) -> None:
    """Overwrites and unlinks a file; unlinks it also when it could not be overwritten."""
    try:
        overwrite(path)
    finally:
        path.unlink()


def wipe_folder(folder: Path, first: str) -> None:
    """Wipes everything below a folder, the file called `first` first, and removes it.

    Goes on when a file could not be overwritten, and raises that OSError at the end.
    """
    failed: OSError | None = None
    files = [path for path in folder.rglob("*") if not path.is_dir()]
    for path in sorted(files, key=lambda path: path.name != first):
        try:
            wipe(path)
        except OSError as error:
            failed = error
    folders = [path for path in folder.rglob("*") if path.is_dir()]
    for place in [*sorted(folders, reverse=True), folder]:
        sync_folder(place)
        place.rmdir()
    sync_folder(folder.parent)
    if failed is not None:
        raise failed


def make_private(folder: Path, setting: str) -> None:
    """Makes a folder that is nobody else's. Raises ConfigError when it is no such folder."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ConfigError(f"{setting}: {folder}: {error.strerror}") from error
    if folder.stat().st_mode & _PRIVATE:
        raise ConfigError(f"{setting}: others may enter {folder}; chmod 700 it.")


def sync_folder(folder: Path) -> None:
    """Orders the names in a folder to disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keeps every other process and thread out that locks the same file, on any node (flock).

    The system lets go of it when a process dies. Raises OSError when another keeps it for seconds.
    """
    with _lock_file(path) as descriptor:
        for _ in range(_TRIES):
            if _try_lock(descriptor):
                break
            clock.pause(_PAUSE_SECONDS)
        else:
            raise OSError(errno.EBUSY, "held by another process for too long", str(path))
        yield


@contextmanager
def locked_if_free(path: Path) -> Iterator[bool]:
    """The same without waiting: tells whether the lock was had."""
    with _lock_file(path) as descriptor:
        yield _try_lock(descriptor)


@contextmanager
def _lock_file(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _write(path: Path, content: bytes | bytearray, flags: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | flags, 0o600)
    try:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _id(status: os.stat_result) -> FileId:
    return status.st_ino, status.st_mtime_ns
