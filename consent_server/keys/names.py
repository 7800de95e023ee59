"""What a key is called: by its calendar day, or by a word and an id where no day owns it."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

KeyName = date | str  # such as "hold-3f2b8a52-6d0e-4c6f-9a55-0d1f6f1f2a3b", for a legal hold

_NAMED: Final = re.compile(r"[a-z]{2,20}-[A-Za-z0-9-]{1,60}")  # safe in a path; never like a day


def text_of(name: KeyName) -> str:
    """Returns a name as files and wrappings write it. Raises ValueError for one not allowed."""
    if isinstance(name, date):
        return name.isoformat()
    if not _NAMED.fullmatch(name):
        raise ValueError(f"a key cannot be called {name!r}: use a word, a hyphen and an id")
    return name


def name_of(text: str) -> KeyName:
    """Returns the name that was written so. Raises ValueError for a text that is none."""
    return text if _NAMED.fullmatch(text) else date.fromisoformat(text)


def in_order(names: list[KeyName]) -> list[KeyName]:
    """Returns days first, oldest first, then the others by the alphabet."""
    return sorted(names, key=lambda name: (isinstance(name, str), str(name)))
