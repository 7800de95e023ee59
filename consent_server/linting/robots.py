"""Whether robots that refuse for people, and crawlers that check banners, find the refusal. Pure.

The labels are those that DuckDuckGo's autoconsent recognises without a rule for us, measured with
its own classifier (tests/linting/test_robots.py); tests/browser/test_robots.py sends it to our
banner. For other languages there is no robot yet; there a label has to say that it refuses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from consent_server.errors import N_
from consent_server.linting import sources
from consent_server.linting.findings import Examined, Rule, Spot
from consent_server.linting.vocabulary import REFUSING, says
from consent_server.policies.wording import BUILT_IN

KNOWN_LABELS: Final[Mapping[str, tuple[str, ...]]] = {
    "ca": ("rebutja-ho tot", "rebutjar-ho tot", "rebutja"),
    "de": ("alle ablehnen", "alle cookies ablehnen", "ablehnen"),
    "en": (
        "reject all", "reject all cookies", "reject", "refuse all", "refuse", "decline all",
        "decline", "deny all", "deny",
    ),
    "es": ("rechazar todo", "rechazar todas", "rechazar todas las cookies", "rechazar", "denegar"),
    "eu": ("baztertu denak", "ukatu denak", "baztertu", "ukatu"),
    "fr": ("tout refuser", "refuser tous les cookies", "rejeter tout", "refuser"),
    "gl": ("rexeitar todo", "rexeitar todas", "rexeitar"),
    "it": ("rifiuta tutto", "rifiuta tutti", "rifiuta tutti i cookie", "rifiuta"),
    "nl": ("alles weigeren", "alle cookies weigeren", "alles afwijzen", "weigeren"),
    "pl": ("odrzuć wszystkie", "odrzuć wszystko", "odrzucam", "odrzuć"),
    "pt": ("rejeitar tudo", "rejeitar todos os cookies", "recusar tudo", "rejeitar", "recusar"),
}  # fmt: skip
_PAID: Final = re.compile(r"\b(pay|subscribe)\b|결제|구독", re.IGNORECASE)  # never a refusal
_COOKIE: Final = ("cookie", "galet", "küpsis", "쿠키")


def label_unknown_to_robots(examined: Examined) -> Iterator[Spot]:
    """An own label that no robot takes for a refusal, where one knows the language."""
    for language in examined.notice.languages:
        known = KNOWN_LABELS.get(language)
        label = examined.text(language, "refuse_all")
        if known and examined.is_own(language, "refuse_all") and _bare(label) not in known:
            facts = {"label": label, "known": known[0].capitalize()}
            yield Spot(f"texts.{language}.refuse_all", facts)


def label_refuses_nothing(examined: Examined) -> Iterator[Spot]:
    """An own label without a word of refusal, where no robot knows the language."""
    for language in examined.notice.languages:
        label = examined.text(language, "refuse_all")
        is_own = examined.is_own(language, "refuse_all")
        if is_own and language not in KNOWN_LABELS and not _refuses(label, language):
            yield Spot(f"texts.{language}.refuse_all", {"label": label, "language": language})


def choice_sold(examined: Examined) -> Iterator[Spot]:
    """A label of paying or subscribing, which robots leave alone."""
    for language in examined.notice.languages:
        for key in ("accept_all", "ask_each", "refuse_all"):
            label = examined.text(language, key)
            if _PAID.search(label):
                yield Spot(f"texts.{language}.{key}", {"label": label})


def banner_unrecognised(examined: Examined) -> Iterator[Spot]:
    """Own words without the word by which robots know a cookie banner."""
    for language in examined.notice.languages:
        told = f"{examined.text(language, 'title')} {examined.text(language, 'body')}".casefold()
        if (
            language in KNOWN_LABELS
            and examined.is_own(language, "body")
            and not any(word in told for word in _COOKIE)
        ):
            yield Spot(f"texts.{language}.body", {"language": language})


def _refuses(label: str, language: str) -> bool:
    """Whether a label has a word of refusal; True in a language of which we know none."""
    readable = says(label, REFUSING, language)
    if readable is not None:
        return readable
    built_in = BUILT_IN.get(language, {}).get("texts", {}).get("refuse", "")
    return not built_in or built_in.casefold()[:5] in label.casefold()


def _bare(label: str) -> str:
    """A label as autoconsent reads it: lower case, single spaces, no signs around the words."""
    return " ".join(label.casefold().split()).strip(" .!?·•>»→×✕")


RULES: Final = (
    Rule(
        "choice-sold", "error", sources.ROBOTS,
        N_("“%(label)s” asks for money; robots never take such a button for an answer."),
        choice_sold,
    ),
    Rule(
        "label-unknown-to-robots", "warning", sources.ROBOTS,
        N_("“%(label)s” is none of the labels that robots are known to find, such as “%(known)s”."),
        label_unknown_to_robots,
    ),
    Rule(
        "label-refuses-nothing", "warning", sources.EDPB_CONTRAST,
        N_("“%(label)s” does not say in “%(language)s” that it refuses."), label_refuses_nothing,
    ),
    Rule(
        "banner-unrecognised", "hint", sources.ROBOTS,
        N_("Your own words in “%(language)s” do not name cookies; robots would not know the "
           "banner by them."),
        banner_unrecognised,
    ),
)  # fmt: skip
