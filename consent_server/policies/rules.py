"""What a notice says in one language, and the hash that a consent record refers to. Pure.

The canonical text is JSON with sorted keys and no spaces, so the same words always have the same
SHA-256, and the words can be shown again years later.
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from consent_server.errors import CommandError
from consent_server.policies.schemas import Notice, Purpose
from consent_server.policies.wording import BUILT_IN

LABEL_LIMIT = 60
"""Characters in the label of a choice: twice the longest of the built-in ones, so that all fit."""

_CHOICES = ("accept_all", "ask_each", "refuse_all")


def check_notice(notice: Notice) -> None:
    """Raises CommandError when the parts of a notice do not fit together."""
    purposes = [purpose.key for purpose in notice.purposes]
    services = [service.key for service in notice.services]
    for kind, keys in (("purpose", purposes), ("service", services)):
        if len(set(keys)) != len(keys):
            raise CommandError(f"Each {kind} needs a key of its own.")
    if "necessary" in purposes:
        raise CommandError("The necessary purpose is implied; list only optional ones.")
    for service in notice.services:
        if service.purpose not in purposes:
            raise CommandError(f"Service {service.key!r} names no known purpose.")
    for language in notice.languages:
        _check_choices(shown_in(notice, language)["texts"], language)


def shown_in(notice: Notice, language: str) -> dict[str, Any]:
    """Returns all that a visitor is shown in one language: texts, purposes, services.

    Raises CommandError, naming the missing text, when the language is not complete.
    """
    own = notice.texts.get(language, {})
    built_in = BUILT_IN.get(language, {}).get("texts", {})
    texts = {**built_in, **own}
    missing = BUILT_IN["en"]["texts"].keys() - texts.keys()
    unknown = own.keys() - BUILT_IN["en"]["texts"].keys()
    if missing or unknown:
        raise CommandError(
            f"Texts in {language!r}: missing {missing or '-'}, unknown {unknown or '-'}."
        )
    return {
        "purposes": [_purpose_in(purpose, language) for purpose in notice.purposes],
        "services": [
            {
                "key": service.key,
                "purpose": service.purpose,
                "name": service.name,
                "vendor": _join(service.vendor, service.country),
                "stores": _one(service.stores, language, f"services.{service.key}.stores"),
                "keeps": _one(service.keeps, language, f"services.{service.key}.keeps"),
                **({"names": list(service.names)} if service.names else {}),
                **({"hosts": list(service.hosts)} if service.hosts else {}),
            }
            for service in notice.services
        ],
        "texts": texts,
    }


def canonical(shown: dict[str, Any]) -> bytes:
    """Returns the canonical bytes of what is shown."""
    return msgspec.json.encode(shown, order="sorted")


def fingerprint(canonical_text: bytes) -> str:
    """Returns the SHA-256 of canonical bytes, 64 hex digits."""
    return hashlib.sha256(canonical_text).hexdigest()


def _check_choices(texts: dict[str, str], language: str) -> None:
    """Refuses labels that would make one choice weaker: blank, endless, or another one's."""
    labels = [texts[key] for key in _CHOICES]
    for key, label in zip(_CHOICES, labels, strict=True):
        if len(label) > LABEL_LIMIT or not any(sign.isalnum() for sign in label):
            raise CommandError(
                f"texts.{language}.{key} needs words of at most {LABEL_LIMIT} characters, because"
                " all three choices must be seen at once."
            )
    if len({label.strip().casefold() for label in labels}) < len(labels):
        raise CommandError(f"The three choices in {language!r} need labels that differ.")


def _purpose_in(purpose: Purpose, language: str) -> dict[str, str]:
    built_in = BUILT_IN.get(language, {}).get("purposes", {}).get(purpose.key, {})
    names = {language: built_in.get("name", ""), **purpose.names}
    texts = {language: built_in.get("text", ""), **purpose.texts}
    return {
        "key": purpose.key,
        "name": _one(names, language, f"purposes.{purpose.key}.names"),
        "text": _one(texts, language, f"purposes.{purpose.key}.texts"),
    }


def _one(texts: dict[str, str], language: str, where: str) -> str:
    if not texts.get(language):
        raise CommandError(f"{where} has no text in {language!r}.")
    return texts[language]


def _join(vendor: str, country: str) -> str:
    return f"{vendor} ({country})" if country else vendor
