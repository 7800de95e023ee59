"""Untrusted JSON or form fields become a typed struct, or a problem that names the field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeVar

import msgspec

from consent_server.errors import InvalidBody

T = TypeVar("T")

_PATH = re.compile(r" - at `\$\.?(?P<path>[^`]*)`$")
_LIMIT = re.compile(r" <= (?P<limit>\d+)")
_UNKNOWN = re.compile(r"unknown field `(?P<name>[^`]*)`")


def decode(body: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """Returns the struct that `body` holds. Raises InvalidBody naming the offending field."""
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise _invalid(str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidBody("The body is not valid JSON in UTF-8.") from error


def convert(fields: Mapping[str, object], wanted: type[T]) -> T:
    """Returns the struct that the fields of a form hold; text is read as the number it spells.

    Raises InvalidBody naming the offending field.
    """
    try:
        return msgspec.convert(fields, wanted, strict=False)
    except msgspec.ValidationError as error:
        raise _invalid(str(error)) from error


def _invalid(message: str) -> InvalidBody:
    limit = _LIMIT.search(message)
    return InvalidBody(message, field=_field(message), limit=int(limit["limit"]) if limit else None)


def _field(message: str) -> str | None:
    path = match["path"] if (match := _PATH.search(message)) else ""
    if unknown := _UNKNOWN.search(message):
        return f"{path}.{unknown['name']}" if path else unknown["name"]
    if missing := re.search(r"missing required field `(?P<name>[^`]*)`", message):
        return f"{path}.{missing['name']}" if path else missing["name"]
    return path or None
