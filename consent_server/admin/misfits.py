"""What msgspec finds wrong with a form, in the operator's language; unknown words stay."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import msgspec
from flask_babel import gettext as _

_PLACE: Final = re.compile(r" - at `\$\.?(?P<place>[^`]*)`$")


def misfit(error: msgspec.ValidationError) -> str:
    """Returns the place of the form that does not fit, and why."""
    text = str(error)
    found = _PLACE.search(text)
    words = _in_words(text[: found.start()] if found else text)
    return f"{found['place']}: {words}" if found and found["place"] else words


def _in_words(text: str) -> str:
    for pattern, words in _WORDS:
        if match := pattern.fullmatch(text):
            return words(match)
    return text


_WORDS: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...]] = (
    (
        re.compile(r"Object missing required field `(\w+)`"),
        lambda match: _("%(name)s is missing", name=match[1]),
    ),
    (
        re.compile(r"Expected `(?:str|array|object)` of length <= (\d+)"),
        lambda match: _("too long, at most %(limit)s", limit=match[1]),
    ),
    (
        re.compile(r"Expected `(?:str|array|object)` of length >= (\d+)"),
        lambda match: _("too short, at least %(limit)s", limit=match[1]),
    ),
    (
        re.compile(r"Expected `str` matching regex '(.*)'"),
        lambda match: _("not of the form that is asked for (%(form)s)", form=match[1]),
    ),
    (
        re.compile(r"Invalid enum value '?(.*?)'?"),
        lambda match: _("“%(value)s” is none of the choices", value=match[1]),
    ),
    (
        re.compile(r"Expected `int.*`, got `.*`"),
        lambda _match: _("a number is asked for"),
    ),
    (
        re.compile(r"Expected `int` (?:<=|>=) -?\d+"),
        lambda _match: _("this number cannot be meant"),
    ),
    (
        re.compile(r"Object contains unknown field `(.*)`"),
        lambda match: _("%(name)s is not known", name=match[1]),
    ),
)
