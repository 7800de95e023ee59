"""What of a notice a choice depends on; when it changes, visitors are asked again. Pure.

Material is who gets what, for which purpose, and for how long: the purposes, and of each service
its purpose, vendor, country, what it stores under which names and how long it keeps it. A consent
to less does not cover more (GDPR Art. 4(11), 7; EDPB Guidelines 05/2020, 110). Wording is not
material, and neither is one more language. The order is: the cookie tells decisions by position.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from consent_server.policies.schemas import Notice, Service

_FACTS: Final = {
    "purpose": "serves another purpose",
    "vendor": "has another vendor",
    "country": "is in another country",
    "names": "uses other names",
}
_TEXTS: Final = {"stores": "stores something else", "keeps": "keeps it for another time"}
_NO_LANGUAGE: Final = "no language is one of those before, so nothing can be compared"


@dataclass(frozen=True, slots=True)
class Standing:
    """since: the oldest version whose choices count under this one. reasons: why not an older."""

    since: int
    reasons: tuple[str, ...] = ()


def standings(notices: Mapping[int, Notice]) -> dict[int, Standing]:
    """Returns how each version of a site stands to those before it. notices: by number.

    The versions from `since` on have the same material content without a break: what was asked
    before something else was in force counts no more, even if it is asked again.
    """
    found: dict[int, Standing] = {}
    since, alike = 0, dict[str, Notice]()  # the newest version in each language, since then
    last: Notice | None = None
    for number, notice in sorted(notices.items()):
        reasons = _differences(alike, last, notice) if last else ()
        if reasons or not last:
            since, alike = number, {}
        found[number] = Standing(since, reasons)
        alike |= dict.fromkeys(notice.languages, notice)
        last = notice
    return found


def _differences(alike: Mapping[str, Notice], last: Notice, new: Notice) -> tuple[str, ...]:
    """Returns in words what is materially new.

    last: the version before. alike: by language the newest one that had it; it does not differ
    materially from the last.
    """
    spoken = {
        language: _services(alike[language]) for language in new.languages if language in alike
    }
    if not spoken:
        return (_NO_LANGUAGE,)
    before, after = _services(last), _services(new)
    reasons = [
        *_changed_keys("purpose", [p.key for p in last.purposes], [p.key for p in new.purposes]),
        *_changed_keys("service", list(before), list(after)),
    ]
    for key in after:
        if key in before:
            reasons += _changed_facts(before[key], after[key])
            told = {language: services[key] for language, services in spoken.items()}
            reasons += _changed_texts(told, after[key])
    return tuple(reasons)


def _changed_keys(kind: str, before: list[str], after: list[str]) -> list[str]:
    changed = [f"{kind} {key} is new" for key in after if key not in before]
    changed += [f"{kind} {key} is gone" for key in before if key not in after]
    is_moved = not changed and before != after
    return [f"the {kind}s stand in another order"] if is_moved else changed


def _changed_facts(before: Service, after: Service) -> list[str]:
    return [
        f"service {after.key} {words}"
        for fact, words in _FACTS.items()
        if _comparable(before, fact) != _comparable(after, fact)
    ]


def _changed_texts(before: Mapping[str, Service], after: Service) -> list[str]:
    """before: the service as each language told it last."""
    return [
        f"service {after.key} {words}"
        for text, words in _TEXTS.items()
        if any(
            getattr(service, text).get(language) != getattr(after, text).get(language)
            for language, service in before.items()
        )
    ]


def _services(notice: Notice) -> dict[str, Service]:
    return {service.key: service for service in notice.services}


def _comparable(service: Service, fact: str) -> object:
    value = getattr(service, fact)
    return {*value} if isinstance(value, tuple) else value  # the order of names says nothing
