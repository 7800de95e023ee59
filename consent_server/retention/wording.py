"""The words of the retention table: one JSON file per language beside this module, all complete.

Whoever prints the table gets finished lines in the reader's language, Korean or English.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

import msgspec

from consent_server.retention.rules import RecordClass, published_classes

LANGUAGES: Final = ("en", "ko")
_FOLDER: Final = files("consent_server.retention").joinpath("texts")


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedClass:
    """One line of the retention table in words. counts_from: "" where no months are counted."""

    name: str
    title: str
    period: str
    counts_from: str
    basis: str
    reason: str
    place: str
    readers: str
    way: str


def printed(classes: Sequence[RecordClass], language: str) -> list[PrintedClass]:
    """Returns the table in a language; in English where it is neither Korean nor English."""
    words = wording(language if language in LANGUAGES else "en")
    return [_line(record_class, words) for record_class in classes]


def published(
    classes: tuple[RecordClass, ...], language: str, logs_visits: bool
) -> list[PrintedClass]:
    """Returns the table that the policy page of a site prints."""
    return printed(published_classes(classes, logs_visits=logs_visits), language)


@cache
def wording(language: str) -> dict[str, Any]:
    """Returns all words of a language."""
    words: dict[str, Any] = msgspec.json.decode(_FOLDER.joinpath(f"{language}.json").read_bytes())
    return words


def _line(record_class: RecordClass, words: dict[str, Any]) -> PrintedClass:
    own: dict[str, str] = words["classes"][record_class.name]
    counts = record_class.keeps == "months"
    return PrintedClass(
        name=record_class.name,
        title=own["title"],
        period=_period(record_class, own, words),
        counts_from=own["counts_from"] if counts else "",
        basis=own["basis"],
        reason=own["reason"],
        place=own["place"],
        readers=own["readers"],
        way=own["way"],
    )


def _period(record_class: RecordClass, own: dict[str, str], words: dict[str, Any]) -> str:
    if record_class.months is None:
        return own.get("period") or str(words["keeps"][record_class.keeps])
    years, rest = divmod(record_class.months, 12)
    count, unit = (record_class.months, "months") if rest else (years, "years")
    phrase: str = words[unit]["one" if count == 1 else "many"]
    return phrase.format(count)
