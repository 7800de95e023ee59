"""The form of a draft: fields named by their place, such as `services.0.stores.ko`, and back. Pure.

What was sent is kept as it is, so that a form with a mistake comes back as it was filled in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from consent_server.errors import N_, CommandError
from consent_server.policies.schemas import Notice

Raw = dict[str, Any]
ROWS: Final = ("purposes", "services", "processors", "staff", "complaints")
_LISTS: Final = frozenset({"names", "hosts"})  # of a service: one per line
_PLACE: Final = re.compile(r"[a-z_]{1,20}(\.[A-Za-z0-9_-]{1,40}){0,4}")
_PARTS: Final = frozenset(field.name for field in msgspec.structs.fields(Notice))
_REMOVED: Final = "remove"


def raw_of(notice: Notice) -> Raw:
    """Returns a notice as its form shows it."""
    raw: Raw = msgspec.to_builtins(notice, str_keys=True)
    return raw


def read_raw(fields: Iterable[tuple[str, str]]) -> Raw:
    """Returns what a form says; empty fields, empty rows and removed rows are left out."""
    tree: Raw = {}
    for name, value in fields:
        place = name.split(".")
        if place[0] in _PARTS and _PLACE.fullmatch(name) and value.strip():
            _put(tree, place, value.strip().replace("\r\n", "\n"))
    raw = {name: part for name, part in tree.items() if name not in ROWS}
    for name in ROWS:
        raw[name] = _rows(tree.get(name))
    for service in raw["services"]:
        service |= {name: str(service[name]).split() for name in _LISTS & service.keys()}
        if str(service.get("keeps_days", "")).isdecimal():
            service["keeps_days"] = int(service["keeps_days"][:6])
    raw["languages"] = str(raw.get("languages", "")).split()
    return raw


def read_notice_form(raw: Raw) -> Notice:
    """Returns the notice in a form. Raises CommandError naming the place that does not fit."""
    try:
        return msgspec.convert(raw, Notice)
    except msgspec.ValidationError as error:
        raise CommandError(N_("This does not fit: %(error)s"), error=error) from error


def _put(tree: Raw, place: list[str], value: str) -> None:
    *way, last = place
    for step in way:
        tree = tree.setdefault(step, {})
        if not isinstance(tree, dict):
            return  # no form of ours has a field within a field
    tree.setdefault(last, value)


def _rows(part: Any) -> list[Raw]:
    if not isinstance(part, dict):
        return []
    numbered = sorted((at for at in part if at.isdecimal() and len(at) < 5), key=int)
    rows = [part[at] for at in numbered if isinstance(part[at], dict)]
    return [row for row in rows if _REMOVED not in row]
