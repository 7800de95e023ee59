"""Whether the three choices are equal in words and by region; their look is equal by construction.

The notice refuses blank, endless and like labels itself (policies.rules); here stands what can only
be warned of. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from consent_server.errors import N_
from consent_server.linting import sources
from consent_server.linting.findings import Examined, Rule, Spot
from consent_server.linting.vocabulary import NO_ANSWER, PRAISE, says

_CHOICES: Final = ("accept_all", "ask_each", "refuse_all")
_ENDS: Final = ("accept_all", "refuse_all")
_LONGER: Final = 3.0  # times; the built-in labels of 45 languages stay below
_WRAPS: Final = 24  # characters that a button of a third of 900 px holds in one line
EUROPE: Final = (
    "AT", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GR", "HR", "HU",
    "IE", "IS", "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
)  # fmt: skip
"""Where storing needs consent: the EU, the rest of the EEA, the United Kingdom; Switzerland as
its neighbours do."""
_PLAIN: Final = "-'’.,()/·&"
_TOLD: Final = 6  # countries named in one finding


def labels_of_unequal_length(examined: Examined) -> Iterator[Spot]:
    """A label that is much longer than another one, so that its button looks another way."""
    for language, labels in _own_labels(examined):
        long = max(labels.values(), key=len)
        if len(long) > _WRAPS and len(long) > _LONGER * min(map(len, labels.values())):
            key = next(key for key in _CHOICES if labels[key] == long)
            yield Spot(f"texts.{language}.{key}", {"label": long, "language": language})


def acceptance_adorned(examined: Examined) -> Iterator[Spot]:
    """A label that praises, decorates or shouts one of the choices and not the other."""
    for language, labels in _own_labels(examined):
        accept, refuse = (labels[key] for key in _ENDS)
        if _is_adorned(accept, language) and not _is_adorned(refuse, language):
            yield Spot(f"texts.{language}.accept_all", {"label": accept})


def answer_unclear(examined: Examined) -> Iterator[Spot]:
    """A label that is no answer: "OK", "Continue", "Close"."""
    for language, labels in _own_labels(examined):
        for key, label in labels.items():
            if label.strip(" .!").casefold() in NO_ANSWER.get(language.split("-")[0], ()):
                yield Spot(f"texts.{language}.{key}", {"label": label})


def unasked_in_europe(examined: Examined) -> Iterator[Spot]:
    """Countries of Europe where something optional would run before a choice."""
    modes = examined.settings.modes
    found = [country for country in EUROPE if modes.mode_in(country) != "opt_in"]
    if found:
        more = f" (+{len(found) - _TOLD})" if len(found) > _TOLD else ""
        yield Spot("modes.default", {"countries": ", ".join(found[:_TOLD]) + more})


def unasked_in_korea(examined: Examined) -> Iterator[Spot]:
    """Korea where people are only told, or not even that."""
    mode = examined.settings.modes.mode_in("KR")
    if mode in ("notice", "off"):
        yield Spot("modes.default", {"mode": mode})


def signal_unheeded(examined: Examined) -> Iterator[Spot]:
    """The United States without asking first and without heeding Global Privacy Control."""
    settings = examined.settings
    if settings.modes.mode_in("US") != "opt_in" and not settings.gpc:
        yield Spot("gpc")


def signal_without_purpose(examined: Examined) -> Iterator[Spot]:
    """Global Privacy Control set to refuse what the notice does not know."""
    purposes = {purpose.key for purpose in examined.notice.purposes}
    for key in examined.settings.gpc:
        if key not in purposes:
            yield Spot("gpc", {"purpose": key})


def _own_labels(examined: Examined) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yields the labels of each language in which a site replaced one of them."""
    for language in examined.notice.languages:
        labels = {key: examined.text(language, key) for key in _CHOICES}
        if any(examined.is_own(language, key) for key in _CHOICES) and all(labels.values()):
            yield language, labels


def _is_adorned(label: str, language: str) -> bool:
    has_picture = any(not (sign.isalnum() or sign.isspace() or sign in _PLAIN) for sign in label)
    shouts = label.isupper() and any(sign.islower() for sign in label.lower())
    return has_picture or shouts or bool(says(label, PRAISE, language))


RULES: Final = (
    Rule(
        "unasked-in-europe", "error", sources.EPRIVACY_5_3,
        N_("Optional cookies would be used before a choice in %(countries)s."), unasked_in_europe,
    ),
    Rule(
        "signal-unheeded", "error", sources.CCPA_GPC,
        N_("In the United States nobody is asked first, and Global Privacy Control refuses "
           "nothing."),
        signal_unheeded,
    ),
    Rule(
        "acceptance-adorned", "warning", sources.EDPB_CONTRAST,
        N_("“%(label)s” is praised or decorated, and refusing is not."), acceptance_adorned,
    ),
    Rule(
        "labels-unequal", "warning", sources.DARK_PATTERNS,
        N_("“%(label)s” is much longer than another choice in “%(language)s”; its button looks "
           "different."),
        labels_of_unequal_length,
    ),
    Rule(
        "answer-unclear", "warning", sources.GDPR_12,
        N_("“%(label)s” is no clear answer to what is asked."), answer_unclear,
    ),
    Rule(
        "unasked-in-korea", "warning", sources.PIPA_22,
        N_("In Korea people would not be asked (%(mode)s); data that tells of a person needs "
           "consent or another basis."),
        unasked_in_korea,
    ),
    Rule(
        "signal-without-purpose", "hint", sources.CCPA_GPC,
        N_("Global Privacy Control refuses “%(purpose)s”, which the notice does not have."),
        signal_without_purpose,
    ),
)  # fmt: skip
