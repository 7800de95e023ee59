"""What of a notice a choice depends on, and of what a new one must ask again. Pure.

Material is who gets what, for which purpose, and for how long: the purposes, and of each service
its purpose, vendor, country, what it stores under which names and how long it keeps it. A consent
to less does not cover more (GDPR Art. 4(11), 7; EDPB Guidelines 05/2020, 110; PIPA art. 15(2),
18(3)). Wording is not material, and neither is one more language, another order, or something less.
A choice is held against what it was made for: each version against each before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from consent_server.policies.schemas import Notice, Service

Kind = Literal["purpose", "service"]
Fact = Literal["new", "language", "purpose", "vendor", "country", "names", "stores", "keeps"]

_WORDS: Final[Mapping[Fact, str]] = {
    "new": "is new",
    "language": "was described in other languages only, so nothing can be compared",
    "purpose": "serves another purpose",
    "vendor": "has another vendor",
    "country": "is in another country",
    "names": "uses more names",
    "stores": "stores something else",
    "keeps": "keeps it for longer or for another time",
}
_GRANTS_NOTHING_ALONE: Final = "ask_each"


@dataclass(frozen=True, slots=True)
class Change:
    """One purpose or service that an earlier choice does not cover, and what of it changed."""

    kind: Kind
    key: str
    facts: tuple[Fact, ...]

    @property
    def words(self) -> str:
        """Says it to an operator."""
        return f"{self.kind} {self.key} {' and '.join(_WORDS[fact] for fact in self.facts)}"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked again, by key. Everything else of the earlier choice stays as it was."""

    purposes: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.purposes or self.services)


@dataclass(frozen=True, slots=True)
class Choice:
    """What a visitor decided: action, decisions by purpose, answers to single services."""

    action: str
    purposes: Mapping[str, bool]
    services: Mapping[str, bool]


def changes(before: Notice, after: Notice) -> tuple[Change, ...]:
    """Returns what of `after` a choice made under `before` does not cover."""
    known = {purpose.key for purpose in before.purposes}
    spoken = set(before.languages) & set(after.languages)
    if not spoken:
        return tuple(Change("purpose", purpose.key, ("language",)) for purpose in after.purposes)
    found = [Change("purpose", p.key, ("new",)) for p in after.purposes if p.key not in known]
    old = {service.key: service for service in before.services}
    for service in after.services:
        facts = _facts(old[service.key], service, spoken) if service.key in old else ("new",)
        if facts and service.purpose != "necessary":
            found.append(Change("service", service.key, facts))
    return tuple(found)


def concerned(found: tuple[Change, ...], notice: Notice, choice: Choice) -> Asked:
    """Returns of which changes one visitor must be asked.

    A service concerns those who granted it or its purpose; one of a new purpose is answered with
    that. Who wants to be asked each time is asked when a service appears, and not before.
    """
    if choice.action == _GRANTS_NOTHING_ALONE:
        return Asked(services=_granted_alone(found, choice))
    purposes = frozenset(change.key for change in found if change.kind == "purpose")
    purpose_of = {service.key: service.purpose for service in notice.services}
    services = frozenset(
        change.key
        for change in found
        if change.kind == "service"
        and purpose_of[change.key] not in purposes
        and (choice.purposes.get(purpose_of[change.key]) or choice.services.get(change.key))
        and choice.services.get(change.key) is not False
    )
    return Asked(purposes, services)


def same_places(before: Notice, after: Notice) -> bool:
    """Whether a cookie tells decisions under both by the same positions."""
    return _places(before) == _places(after)


def _granted_alone(found: tuple[Change, ...], choice: Choice) -> frozenset[str]:
    return frozenset(
        change.key
        for change in found
        if change.kind == "service" and choice.services.get(change.key)
    )


def _facts(before: Service, after: Service, spoken: set[str]) -> tuple[Fact, ...]:
    checks: dict[Fact, bool] = {
        "purpose": before.purpose != after.purpose,
        "vendor": before.vendor != after.vendor,
        "country": before.country != after.country,
        "names": not set(after.names) <= set(before.names),
        "stores": any(before.stores.get(one) != after.stores.get(one) for one in spoken),
        "keeps": _is_kept_longer(before, after, spoken),
    }
    return tuple(fact for fact, is_changed in checks.items() if is_changed)


def _is_kept_longer(before: Service, after: Service, spoken: set[str]) -> bool:
    """By the numbers if both have one; words alone cannot be compared, only told apart."""
    if before.keeps_days is not None and after.keeps_days is not None:
        return after.keeps_days > before.keeps_days
    return any(before.keeps.get(one) != after.keeps.get(one) for one in spoken)


def _places(notice: Notice) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return tuple(p.key for p in notice.purposes), tuple(s.key for s in notice.services)
