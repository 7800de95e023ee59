"""What differs between two versions in one language, fact by fact and word by word. Pure.

Compares what visitors were shown (policies.rules.shown_in), not what an operator wrote, so it also
works for versions of years ago.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Final, Literal

Mark = Literal["same", "gone", "new"]

_KINDS: Final = ("texts", "purposes", "services", "processors", "officer", "staff", "complaints")
_WORDS: Final = re.compile(r"(\s+)")


@dataclass(frozen=True, slots=True)
class Difference:
    """One fact. kind: where it stands; key, name: of the thing; "" before or after: not there."""

    kind: str
    key: str
    name: str
    fact: str
    before: str
    after: str

    @property
    def marked(self) -> list[tuple[Mark, str]]:
        """The text with what is gone and what is new."""
        return mark(self.before, self.after)

    @property
    def words(self) -> str:
        """One line for a shell."""
        where = ".".join(part for part in (self.kind, self.key, self.fact) if part)
        if not self.before:
            return f"+ {where}: {self.after}"
        if not self.after:
            return f"- {where}: {self.before}"
        return f"~ {where}: {self.before} -> {self.after}"


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Returns what differs, in the order of the page; [] when both show the same."""
    old, new = dict(_facts(before)), dict(_facts(after))
    names = _names(before) | _names(after)
    places = sorted(old.keys() | new.keys(), key=_order(list(new) + list(old)))
    return [
        Difference(kind, key, names.get((kind, key), key), fact, *pair)
        for kind, key, fact in places
        if (pair := (old.get((kind, key, fact), ""), new.get((kind, key, fact), "")))[0] != pair[1]
    ]


def mark(before: str, after: str) -> list[tuple[Mark, str]]:
    """Returns both texts as one, in pieces of whole words."""
    old, new = _WORDS.split(before), _WORDS.split(after)
    told: list[tuple[Mark, str]] = []
    for what, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            told.append(("same", "".join(old[a:b])))
            continue
        told += [("gone", "".join(old[a:b])), ("new", "".join(new[c:d]))]
    return [(kind, text) for kind, text in told if text]


Place = tuple[str, str, str]


def _facts(shown: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    for kind in _KINDS:
        for key, thing in _things(shown.get(kind, {})):
            if not isinstance(thing, Mapping):
                yield (kind, key, ""), str(thing)
                continue
            for fact, value in thing.items():
                if fact != "key":
                    yield from _values((kind, key, fact), value)


def _things(part: Any) -> Iterator[tuple[str, Any]]:
    """Yields the things of a part by their key; those without one by their place."""
    if isinstance(part, Mapping):
        if part and all(isinstance(value, str) for value in part.values()) and "name" in part:
            yield "", part  # one thing, such as the officer
        else:
            yield from part.items()
        return
    for at, thing in enumerate(part, 1):
        yield thing.get("key", str(at)), thing


def _values(place: Place, value: Any) -> Iterator[tuple[Place, str]]:
    kind, key, fact = place
    if isinstance(value, Mapping):
        for name, own in value.items():
            yield (kind, key, f"{fact}.{name}"), str(own)
    elif isinstance(value, list):
        yield place, ", ".join(value)
    else:
        yield place, str(value)


def _names(shown: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    return {
        (kind, key): str(thing["name"])
        for kind in _KINDS
        for key, thing in _things(shown.get(kind, {}))
        if isinstance(thing, Mapping) and "name" in thing
    }


def _order(places: list[Place]) -> Any:
    at = {place: number for number, place in reversed(list(enumerate(places)))}
    return lambda place: (_KINDS.index(place[0]), at[place])
