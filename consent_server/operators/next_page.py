"""Where a form leads once it is done: a page of the console, and nowhere else."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from flask import request
from werkzeug.datastructures import ImmutableMultiDict, MultiDict

HOME: Final = "/admin/"


def is_in_console(address: str) -> bool:
    """Whether an address leads to a page of the console, and nowhere else."""
    if any(ord(sign) <= ord(" ") for sign in address):
        return False  # browsers drop some of these, and see another address than we
    try:
        parts = urlsplit(address.replace("\\", "/"))
    except ValueError:
        return False
    is_of_ours = not parts.scheme and not parts.netloc and parts.path.startswith(HOME)
    return is_of_ours and ".." not in parts.path


def drop_other_next_pages() -> None:
    """Takes out of a request for the console what names no page of it, before anybody reads it."""
    if not request.path.startswith(HOME) or "next" not in {*request.args, *request.form}:
        return
    request.args = _without_others(request.args)
    request.form = _without_others(request.form)


def _without_others(fields: MultiDict[str, str]) -> ImmutableMultiDict[str, str]:
    kept = (
        (name, value)
        for name, value in fields.items(multi=True)
        if name != "next" or is_in_console(value)
    )
    return ImmutableMultiDict(kept)


def next_page() -> str:
    """Returns the page that a request names as the next one, if it is one of the console."""
    return request.form.get("next") or request.args.get("next") or HOME
