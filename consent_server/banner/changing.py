"""What the script is told about versions before and after: what is asked again, what comes. Pure.

A cookie tells decisions by position, so for each earlier version that a cookie may still name the
script gets the keys of that version, and the purposes and services that its choices do not cover,
with the reason in words. Without such a version, and with nothing announced, it gets nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from babel import Locale, UnknownLocaleError
from babel.dates import format_date

from consent_server.policies.directory import VersionEntry
from consent_server.policies.material import Change
from consent_server.policies.wording import BUILT_IN

_LABELS = ("vendor", "stores", "keeps")
_LISTED = 8  # names told in one reason; all of them stand in the preferences


def again_in(version: VersionEntry, language: str, oldest: datetime) -> list[dict[str, Any]]:
    """Returns what choices under earlier versions do not cover, newest version first.

    oldest: a choice from before this instant counts no more.
    """
    told: list[dict[str, Any]] = []
    for old in _remembered(version, oldest):
        items = _Reasons(old, version, language).items()
        keys = {"purposes": list(old.purposes), "services": list(old.services), "items": items}
        if told and all(told[-1][name] == value for name, value in keys.items()):
            told[-1]["from"] = old.number
        else:
            told.append({"from": old.number, "to": old.number, **keys})
    return told


def coming_in(
    coming: VersionEntry | None, language: str, policy_url: str, zone: ZoneInfo
) -> dict[str, Any] | None:
    """Returns the announced version: number, day in words, where it can be read."""
    if coming is None:
        return None
    try:
        locale = Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        locale = Locale("en")
    day = format_date(coming.published_at.astimezone(zone), "long", locale=locale)
    url = f"{policy_url}/{coming.number}?lang={language}"
    return {"version": coming.number, "date": day, "url": url}


def _remembered(version: VersionEntry, oldest: datetime) -> Iterator[VersionEntry]:
    """Yields the versions under which a choice was made that may still count, but not whole."""
    ended_at = version.published_at
    for old in version.earlier():
        if ended_at < oldest:
            return
        if old.number < version.since:
            yield old
        ended_at = old.published_at


class _Reasons:
    """Says in one language why something of a version is asked again."""

    def __init__(self, old: VersionEntry, new: VersionEntry, language: str) -> None:
        self._old, self._new = old, new
        self._shown: dict[str, Any] = msgspec.json.decode(new.texts[language])
        self._before: dict[str, Any] = msgspec.json.decode(old.texts.get(language, b"{}"))
        self._texts = BUILT_IN.get(language, BUILT_IN["en"])["texts"] | self._shown["texts"]

    def items(self) -> list[dict[str, str]]:
        changes = self._new.changes_since(self._old)
        return [
            self._purpose(one) if one.kind == "purpose" else self._service(one) for one in changes
        ]

    def _purpose(self, change: Change) -> dict[str, str]:
        purpose = _of(self._shown, "purposes", change.key)
        return {
            "key": change.key,
            "name": purpose["name"],
            "text": purpose["text"],
            "why": self._texts["new"] if "new" in change.facts else "",
        }

    def _service(self, change: Change) -> dict[str, str]:
        service = _of(self._shown, "services", change.key)
        before = _of(self._before, "services", change.key)
        return {
            "key": change.key,
            "of": service["purpose"],
            "name": service["name"],
            "text": " · ".join(f"{self._texts[label]}: {service[label]}" for label in _LABELS),
            "why": self._differences(before, service) if before else self._texts["new"],
        }

    def _differences(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
        told = [
            f"{self._texts[label]}: {before[label]} → {after[label]}"
            for label in _LABELS
            if before[label] != after[label]
        ]
        more = [name for name in after.get("names", ()) if name not in before.get("names", ())]
        if more:
            told.append(f"{self._texts['cookies']}: + {', '.join(more[:_LISTED])}")
        if before["purpose"] != after["purpose"]:
            told.append(f"{self._name(before['purpose'])} → {self._name(after['purpose'])}")
        return "; ".join(told)

    def _name(self, purpose: str) -> str:
        found = _of(self._shown, "purposes", purpose) or _of(self._before, "purposes", purpose)
        return str(found.get("name", self._texts["necessary"]))


def _of(shown: Mapping[str, Any], kind: str, key: str) -> dict[str, Any]:
    return next((one for one in shown.get(kind, ()) if one["key"] == key), {})
