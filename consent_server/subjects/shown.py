"""What the preference centre tells, in one language: the notice, and what is in force. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from consent_server.policies.directory import VersionEntry
from consent_server.policies.wording import BUILT_IN
from consent_server.subjects.rules import LastDecision

NECESSARY: Final = "necessary"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One language of the version in force, as one visitor sees it.

    last: their newest record, None for nobody.
    """

    version: int
    language: str
    sha256: str
    texts: Mapping[str, str]
    purposes: list[dict[str, str]]
    services: list[dict[str, str]]
    processors: list[dict[str, str]]
    last: LastDecision | None

    @classmethod
    def of(cls, version: VersionEntry, language: str, last: LastDecision | None) -> Shown:
        """Puts together what was published and what the visitor decided."""
        notice: dict[str, Any] = msgspec.json.decode(version.texts[language])
        return cls(
            version=version.number,
            language=language,
            sha256=version.hashes[language],
            texts=_texts(notice["texts"], language),
            purposes=notice["purposes"],
            services=notice["services"],
            processors=notice.get("processors", []),
            last=last,
        )

    @property
    def is_in_force(self) -> bool:
        """Whether there is a choice that still counts."""
        return self.last is not None and self.last.is_in_force

    @property
    def has_changed(self) -> bool:
        """Whether something is asked now that the visitor has not decided."""
        return bool(self.last and self.last.asked)

    def is_on(self, purpose: str) -> bool:
        """Whether a switch stands on: only if what is asked now was agreed to before."""
        return self.last is not None and self._answer(self.last, purpose) is True

    def answer(self, purpose: str) -> bool | None:
        """Returns what holds for a purpose now; None where nothing that counts was decided."""
        return self._answer(self.last, purpose) if self.last else None

    def services_of(self, purpose: str) -> list[dict[str, str]]:
        """Returns who serves a purpose; `necessary` is one too."""
        return [service for service in self.services if service["purpose"] == purpose]

    def standing(self) -> list[tuple[str, str]]:
        """Returns (name, what holds for it now) of every purpose, and of services decided alone."""
        if self.last is None or not self.is_in_force:
            return []
        refused = "ask_each" if self.last.action == "ask_each" else "refused"
        words = {True: "granted", False: refused, None: "undecided"}
        told = [(one["name"], words[self._answer(self.last, one["key"])]) for one in self.purposes]
        words[False] = "refused"
        told += [
            (one["name"], words[self._answer_alone(self.last, one["key"])])
            for one in self.services
            if one["key"] in self.last.services or one["key"] in self._asked_services()
        ]
        return [(name, self.texts[key]) for name, key in told]

    def _answer(self, last: LastDecision, purpose: str) -> bool | None:
        if last.asked is None or purpose in last.asked.purposes:
            return None
        return last.decisions.get(purpose, False)

    def _answer_alone(self, last: LastDecision, service: str) -> bool | None:
        return None if service in self._asked_services() else last.services[service]

    def _asked_services(self) -> Collection[str]:
        return self.last.asked.services if self.last and self.last.asked else ()


def _texts(own: Mapping[str, str], language: str) -> dict[str, str]:
    """A version from before a text was thought of falls back to the built-in wording."""
    built_in: dict[str, str] = {
        **BUILT_IN["en"]["texts"],
        **BUILT_IN.get(language, {}).get("texts", {}),
    }
    return built_in | {key: text for key, text in own.items() if text}
