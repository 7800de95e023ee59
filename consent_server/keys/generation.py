"""One generation of the ring: a master key and the keys it wraps, in a folder of its own.

A folder has its number for a name only once it is complete. From then on keys come (`make`) and go
(`destroy`), but its master key never changes: the next one lies in the next generation. A destroyed
key leaves an overwritten file behind that says so, until that generation comes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from consent_server.errors import ConfigError, KeyDestroyed
from consent_server.keys import files, memory
from consent_server.keys.files import FileId
from consent_server.keys.names import KeyName, in_order, name_of, text_of

MASTER: Final = "master.key"
_KEY, _DESTROYED = ".key", ".destroyed"
_WRAPPED_BYTES: Final = 12 + 32 + 16  # nonce, key, tag
_LOST: Final = (
    "put it back, or move the whole folder away and run `consent-server keys renew`: "
    "visits recorded so far can then never be read again."
)


class Generation:
    """The master key and the wrapped keys in one folder."""

    def __init__(self, folder: Path, number: int) -> None:
        self.folder = folder
        self.number = number
        self._days = folder / "days"

    def begin(self) -> None:
        """Makes the folder and a master key of its own."""
        self.folder.mkdir(0o700)
        self._days.mkdir(0o700)
        with memory.wiped() as master:
            memory.draw_into(master)
            files.create(self.folder / MASTER, master)

    def names(self) -> list[KeyName]:
        """Returns the names whose keys exist."""
        return in_order([name_of(text) for text in self._texts(_KEY)])

    def destroyed(self) -> list[str]:
        """Returns what was destroyed here: the reason for the next generation."""
        return self._texts(_DESTROYED)

    def id_of(self, name: KeyName) -> FileId | None:
        """Returns which file holds a key at present."""
        return files.file_id(self._path(name))

    def read_into(self, key: bytearray, name: KeyName) -> FileId:
        """Fills `key`. Raises KeyDestroyed without a file or for a damaged one.

        So it does, or raises ConfigError, while another process retires this generation.
        """
        try:
            wrapped, file_id = files.read(self._path(name), _WRAPPED_BYTES + 1)
        except OSError as error:
            if error.errno not in files.GONE:
                raise
            raise KeyDestroyed(f"The key of {name} is destroyed.") from error
        with memory.wiped() as master:
            self._read_master(master)
            memory.unwrap_into(key, master, text_of(name), wrapped)
        return file_id

    def make(self, name: KeyName) -> None:
        """Makes a random key if there is none."""
        if self.id_of(name) is None:
            with memory.wiped() as key:
                memory.draw_into(key)
                self._put(name, key)
            files.sync_folder(self._days)

    def destroy(self, name: KeyName) -> None:
        """Overwrites the file of a key, then says by its name that it is destroyed."""
        path = self._path(name)
        if path.exists():
            files.overwrite(path)
            path.rename(path.with_suffix(_DESTROYED))
            files.sync_folder(self._days)

    def take_over(self, other: Generation) -> None:
        """Wraps every key of another generation that is not here yet under the master key here.

        A damaged file is taken over as it is, so that its day stays known to be damaged.
        """
        for name in other.names():
            if self.id_of(name) is None:
                self._take_over(other, name)

    def sync(self) -> None:
        """Orders the folders to disk: with the files in them they are complete."""
        files.sync_folder(self._days)
        files.sync_folder(self.folder)

    def wipe(self) -> None:
        """Overwrites and removes everything, the master key first: the rest is useless then."""
        files.wipe_folder(self.folder, MASTER)

    def check_master(self) -> None:
        """Raises ConfigError when the master key is lost or damaged."""
        with memory.wiped() as master:
            self._read_master(master)

    @property
    def folders(self) -> tuple[Path, Path]:
        """The folders that must be written to make and to destroy keys."""
        return self.folder, self._days

    def _take_over(self, other: Generation, name: KeyName) -> None:
        with memory.wiped() as key:
            try:
                other.read_into(key, name)
            except KeyDestroyed:
                damaged, _ = files.read(other._path(name), _WRAPPED_BYTES + 1)
                files.create(self._path(name), damaged)
            else:
                self._put(name, key)

    def _put(self, name: KeyName, key: bytearray) -> None:
        with memory.wiped() as master:
            self._read_master(master)
            files.create(self._path(name), memory.wrap(master, text_of(name), key))

    def _read_master(self, master: bytearray) -> None:
        path = self.folder / MASTER
        try:
            is_whole = files.read_whole_into(master, path)
        except OSError as error:
            if error.errno not in files.GONE:
                raise
            raise ConfigError(f"CONSENT_KEYS_DIR: {path} is lost; {_LOST}") from error
        if not is_whole:
            raise ConfigError(f"CONSENT_KEYS_DIR: {path} is damaged; {_LOST}")

    def _texts(self, suffix: str) -> list[str]:
        found = files.listed(self._days)
        whole = [name for name in found if not name.startswith(".")]
        return [name.removesuffix(suffix) for name in whole if name.endswith(suffix)]

    def _path(self, name: KeyName) -> Path:
        return self._days / f"{text_of(name)}{_KEY}"
