"""A ring as versions before 0.3 laid it out: one master key for good, and the days beside it.

It is read as a generation of its own, number 0, until its keys are wrapped anew in generation 1.
Then a note stands in place of its master key: a process of an earlier version that still runs finds
a damaged master key and refuses visits, where without one it would begin a second ring.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from consent_server.keys import files
from consent_server.keys.generation import MASTER, Generation

_NOTE: Final = b"moved to generations/; this file keeps earlier versions of the program out\n"
_SIGN: Final = _NOTE[:8]  # of a note that was cut off, too


class PlainRing(Generation):
    """The keys of an earlier version, if there are any."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, 0)

    def is_there(self) -> bool:
        """Whether anything but the note is left of it."""
        master = self.folder / MASTER
        if self.names():
            return True
        return master.exists() and files.read(master, len(_SIGN))[0] != _SIGN

    def wipe(self) -> None:
        """Overwrites the master key with the note, then wipes the wrapped keys."""
        master = self.folder / MASTER
        files.create(master, _NOTE)  # if it was lost
        files.overwrite(master, _NOTE)
        days = self.folder / "days"
        if days.is_dir():
            files.wipe_folder(days, MASTER)
