"""The store that ships: keys in a folder nobody else enters, which every node may mount.

    ring.id               which ring this is: 32 hexadecimal digits
    generations/7/        the present generation: master.key and days/2026-01-15.key
    roll.lock, make.lock  one process rolls, one makes a key (flock); who reads needs none

The generation with the highest number is the present one. The next is built beside it, under a name
that is no number, and is present from the instant of its rename. After a crash before that the next
run builds it anew; after one behind it only the wiping of the last is left, which whoever opens the
ring next does.
"""

from __future__ import annotations

import os
import re
import threading
import uuid
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from consent_server.errors import ConfigError, KeyDestroyed, OldRing
from consent_server.keys import files, memory
from consent_server.keys.generation import Generation
from consent_server.keys.names import KeyName
from consent_server.keys.plain import PlainRing
from consent_server.keys.store import KeyId, Mark

_SETTING: Final = "CONSENT_KEYS_DIR"
_RENEW: Final = "If that is lost for good, move this one away and run `consent-server keys renew`."
_OURS: Final = re.compile(r"([1-9][0-9]*)(\.draft)?")
_ID_CHARACTERS: Final = 32


class FolderStore:
    """The keys below one folder, which is made on first use; refused when others may enter it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._generations = folder / "generations"
        self._plain = PlainRing(folder)
        self._least = 0  # the generation that was seen: an older one is refused
        self._seeing = threading.Lock()
        self._was_opened = False

    def mark(self) -> Mark | None:
        """Returns how far the ring has come; None when none was made yet."""
        number = self._newest()
        return Mark(self._ring_id(), number) if number else None

    def expect(self, seen: Mark) -> None:
        """Refuses from now on what is older than `seen`, and another ring at once (OldRing)."""
        found = self.mark()
        if found is not None and found.ring != seen.ring:
            raise OldRing(
                f"{_SETTING}: {self._folder} is another key ring than the one of this database; "
                f"put that one in its place. {_RENEW}"
            )
        self._saw(seen.generation)
        self._newest()

    def begin(self) -> None:
        """Makes a new ring. Raises ConfigError when there is one already."""
        if self._newest() or self._plain.is_there():
            raise ConfigError(f"{_SETTING}: there is a key ring in {self._folder}; move it away.")
        self._open()
        self._first()

    def names(self) -> list[KeyName]:
        """Returns the names whose keys exist: days first, oldest first."""
        return (self._present() or self._plain).names()

    def ids(self, names: Iterable[KeyName]) -> dict[KeyName, KeyId]:
        """Returns which keys lie under some names at present; a name without a key is left out."""
        present = self._present()
        if present is None:
            return {}
        found = ((name, present.id_of(name)) for name in names)
        return {name: (present.number, file_id) for name, file_id in found if file_id}

    def read_into(self, key: bytearray, name: KeyName, *, make: bool) -> KeyId:
        """Fills `key` and returns which key that is; see KeyStore."""
        self._open()
        present = self._present()
        if make and (present is None or present.id_of(name) is None):
            present = self._make(name)
        while present is not None:
            try:
                return present.number, present.read_into(key, name)
            except (KeyDestroyed, ConfigError):
                if self._newest() == present.number:
                    raise
            present = self._present()  # another process rolled the master key meanwhile
        raise KeyDestroyed(f"The key of {name} does not exist.")

    def destroy_all(self, names: Iterable[KeyName]) -> None:
        """Destroys keys, then rolls the master key once; see KeyStore."""
        self._open()
        with files.locked(self._folder / "roll.lock"):
            self._tidy()
            present = self._present()
            if present is None:
                return
            try:
                _each(present.destroy, names)
            finally:  # whatever could be destroyed is rid of its master key
                if present.destroyed():
                    self._advance(present)
                    self._tidy()

    def is_roll_due(self) -> bool:
        """Whether keys were destroyed whose master key still exists."""
        present = self._present()
        return bool(self._leftovers() or (present and present.destroyed()))

    def damaged(self) -> list[KeyName]:
        """Returns the names whose keys exist and cannot be read.

        Raises ConfigError when the master key is lost or damaged, or keys could be neither made
        nor destroyed.
        """
        if self._folder.exists():
            self.check()
        return [name for name in self.names() if not self._can_read(name)]

    def check(self) -> None:
        """Raises ConfigError or OSError when no key could be read or made; makes none itself."""
        self._open()
        present = self._present()
        if present is not None:
            present.check_master()
        for folder in (self._folder, self._generations, *(present.folders if present else ())):
            if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
                raise ConfigError(f"{_SETTING}: {folder} cannot be written.")

    def _newest(self) -> int:
        least = self._least  # before the look: what was seen by then, the look must find
        found = [_OURS.fullmatch(text) for text in files.listed(self._generations)]
        newest = max((int(match[1]) for match in found if match and not match[2]), default=0)
        if newest < least:
            raise OldRing(self._what_is_old(newest, least))
        self._saw(newest)
        return newest

    def _saw(self, generation: int) -> None:
        with self._seeing:
            self._least = max(self._least, generation)

    def _what_is_old(self, newest: int, least: int) -> str:
        if newest == 0 and not self._plain.is_there():
            return (
                f"{_SETTING}: there is no key ring in {self._folder}, but there was: mount it or "
                "put it back. If it is lost for good, run `consent-server keys renew`."
            )
        return (
            f"{_SETTING}: {self._folder} is an old copy of the key ring (generation {newest}, and "
            f"{least} was in use), with which destroyed keys would come back; put the "
            f"present ring in its place. {_RENEW}"
        )

    def _present(self) -> Generation | None:
        number = self._newest()
        return self._generation(number) if number else None

    def _generation(self, number: int) -> Generation:
        return Generation(self._generations / str(number), number)

    def _ring_id(self) -> str:
        path = self._folder / "ring.id"
        try:
            return files.read(path, _ID_CHARACTERS)[0].decode("ascii", "replace")
        except FileNotFoundError as error:
            raise ConfigError(f"{_SETTING}: {path} is lost; put it back.") from error

    def _open(self) -> None:
        """Makes the folders; for the first time, takes an earlier layout over and tidies up."""
        for folder in (self._folder, self._generations):
            files.make_private(folder, _SETTING)
        if self._was_opened:
            return
        if self._newest() == 0 and self._plain.is_there():
            self._first()
        if self._leftovers():
            # whoever rolls just now does it himself; on a read-only ring, the next who can
            with suppress(OSError), files.locked_if_free(self._folder / "roll.lock") as is_ours:
                if is_ours:
                    self._tidy()
        self._was_opened = True

    def _first(self) -> None:
        with files.locked(self._folder / "roll.lock"):
            self._tidy()
            if self._newest() == 0:
                files.create(self._folder / "ring.id", uuid.uuid4().hex.encode())
                files.sync_folder(self._folder)
                self._advance(self._plain)
                self._tidy()

    def _make(self, name: KeyName) -> Generation:
        if self._newest() == 0:
            self._first()
        with files.locked(self._folder / "make.lock"):
            present = self._generation(self._newest())
            present.make(name)
        return present

    def _advance(self, last: Generation) -> None:
        """Puts the next generation in place of the last one; the lock for rolling is held."""
        number = last.number + 1
        draft = Generation(self._generations / f"{number}.draft", number)
        try:
            draft.begin()
            draft.take_over(last)  # while others go on and make keys
            with files.locked(self._folder / "make.lock"):
                draft.take_over(last)  # what they made
                draft.sync()
                draft.folder.rename(self._generations / str(number))
                files.sync_folder(self._generations)
        except BaseException:
            with suppress(OSError):
                draft.wipe()
            raise

    def _leftovers(self) -> list[Generation]:
        """Returns what is neither the present generation nor anybody's: drafts, earlier ones."""
        newest = self._newest()
        ours = [text for text in files.listed(self._generations) if _OURS.fullmatch(text)]
        left = [Generation(self._generations / text, 0) for text in ours if text != str(newest)]
        return [*left, *([self._plain] if newest and self._plain.is_there() else [])]

    def _tidy(self) -> None:
        """Wipes what is left of earlier generations and drafts; the lock for rolling is held."""
        left = self._leftovers()
        if left:
            files.sync_folder(self._generations)  # what replaces them is on disk
        for generation in left:
            generation.wipe()

    def _can_read(self, name: KeyName) -> bool:
        with memory.wiped() as key:
            try:
                self.read_into(key, name, make=False)
            except KeyDestroyed:
                return not self.ids([name])  # destroyed meanwhile is not damaged
        return True


def _each(verb: Callable[[KeyName], None], names: Iterable[KeyName]) -> None:
    """Does it for every name, and raises the last OSError at the end."""
    failed: OSError | None = None
    for name in names:
        try:
            verb(name)
        except OSError as error:
            failed = error
    if failed is not None:
        raise failed
