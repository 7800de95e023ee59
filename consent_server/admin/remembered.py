"""Remembers what the console says: a table with hundreds of rows asks for few different words."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Final, TypeVarTuple

from babel import Locale
from flask_babel import get_locale

_REMEMBERED: Final = 4096
Codes = TypeVarTuple("Codes")


def once_per_language(words: Callable[[*Codes], str]) -> Callable[[*Codes], str]:
    """Remembers what a function says: each call of it looks up a whole table of words."""

    @lru_cache(_REMEMBERED)
    def remembered(_language: Locale | None, codes: tuple[*Codes]) -> str:
        return words(*codes)

    @wraps(words)
    def said(*codes: *Codes) -> str:
        return remembered(get_locale(), codes)

    return said
