"""What a notice says in one language, and the hash that a consent record refers to. Pure.

The canonical text is JSON with sorted keys and no spaces, so the same words always have the same
SHA-256, and the words can be shown again years later.
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from consent_server.errors import N_, CommandError
from consent_server.policies.registry import one_text, registry_in, service_facts
from consent_server.policies.schemas import Notice, Purpose
from consent_server.policies.wording import BUILT_IN

LABEL_LIMIT = 60
"""Characters in the label of a choice: twice the longest of the built-in ones, so that all fit."""

_CHOICES = ("accept_all", "ask_each", "refuse_all")


def check_notice(notice: Notice) -> None:
    """Raises CommandError when the parts of a notice do not fit together."""
    purposes = [purpose.key for purpose in notice.purposes]
    services = [service.key for service in notice.services]
    processors = [processor.key for processor in notice.processors]
    kinds = (
        (N_("Each purpose needs a key of its own."), purposes),
        (N_("Each service needs a key of its own."), services),
        (N_("Each processor needs a key of its own."), processors),
    )
    for words, keys in kinds:
        if len(set(keys)) != len(keys):
            raise CommandError(words)
    if "necessary" in purposes:
        raise CommandError(N_("The necessary purpose is implied; list only optional ones."))
    for service in notice.services:
        if service.purpose not in (*purposes, "necessary"):
            raise CommandError(
                N_("Service %(service)r names no known purpose."), service=service.key
            )
    for language in notice.languages:
        _check_choices(shown_in(notice, language)["texts"], language)


def shown_in(notice: Notice, language: str) -> dict[str, Any]:
    """Returns all that a visitor is shown in one language: texts, purposes, services, registry.

    Raises CommandError, naming the missing text, when the language is not complete.
    """
    own = notice.texts.get(language, {})
    built_in = BUILT_IN.get(language, {}).get("texts", {})
    texts = {**built_in, **own}
    missing = BUILT_IN["en"]["texts"].keys() - texts.keys()
    unknown = own.keys() - BUILT_IN["en"]["texts"].keys()
    if missing or unknown:
        raise CommandError(
            N_("Texts in %(language)r: missing %(missing)s, unknown %(unknown)s."),
            language=language,
            missing=", ".join(sorted(missing)) or "-",
            unknown=", ".join(sorted(unknown)) or "-",
        )
    return {
        "purposes": [_purpose_in(purpose, language) for purpose in notice.purposes],
        "services": [
            {
                "key": service.key,
                "purpose": service.purpose,
                "name": service.name,
                "vendor": _join(service.vendor, service.country),
                "stores": one_text(service.stores, language, f"services.{service.key}.stores"),
                "keeps": one_text(service.keeps, language, f"services.{service.key}.keeps"),
                **service_facts(service),
            }
            for service in notice.services
        ],
        "texts": texts,
        **registry_in(notice, language),
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
                N_(
                    "texts.%(language)s.%(key)s needs words of at most %(limit)s characters, "
                    "because all three choices must be seen at once."
                ),
                language=language,
                key=key,
                limit=LABEL_LIMIT,
            )
    if len({label.strip().casefold() for label in labels}) < len(labels):
        raise CommandError(
            N_("The three choices in %(language)r need labels that differ."), language=language
        )


def _purpose_in(purpose: Purpose, language: str) -> dict[str, str]:
    built_in = BUILT_IN.get(language, {}).get("purposes", {}).get(purpose.key, {})
    names = {language: built_in.get("name", ""), **purpose.names}
    texts = {language: built_in.get("text", ""), **purpose.texts}
    return {
        "key": purpose.key,
        "name": one_text(names, language, f"purposes.{purpose.key}.names"),
        "text": one_text(texts, language, f"purposes.{purpose.key}.texts"),
    }


def _join(vendor: str, country: str) -> str:
    return f"{vendor} ({country})" if country else vendor
