"""Whether a password was seen in a breach: looked up in a downloaded list, offline.

The list is Have I Been Pwned's (SHA-1 in hexadecimal, ordered, `HASH:count` a line; 40 GB): some
35 short reads find a line, and neither a password nor a part of its hash leaves this machine.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Final

_HASH_CHARACTERS: Final = 40
_LINE_BYTES: Final = 64  # hash, colon, count, line end; longer is no such list


def is_breached(password: str, list_path: Path) -> bool:
    """Whether a list has a password. Raises OSError when it cannot be read."""
    sha1 = hashlib.sha1(password.encode(), usedforsecurity=False)  # as the list has it
    wanted = sha1.hexdigest().upper().encode()
    with list_path.open("rb") as lines:
        low, high = 0, lines.seek(0, os.SEEK_END)
        while low < high:
            middle = (low + high) // 2
            lines.seek(middle)
            if middle:
                lines.readline(_LINE_BYTES)  # the rest of one that begins before
            found = lines.readline(_LINE_BYTES)[:_HASH_CHARACTERS].upper()
            if found == wanted:
                return True
            if not found or found > wanted:
                high = middle
            else:
                low = middle + 1
    return False
