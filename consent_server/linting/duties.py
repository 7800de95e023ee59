"""Duties of the notice: what PIPA 15(2), 17, 22, 28-8, 30 and GDPR 13 want visitors to be told.

Pure. Sentences are judged only where a site replaced the built-in ones, and only in languages that
the rules can read (vocabulary).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from consent_server.errors import N_
from consent_server.linting import sources
from consent_server.linting.findings import Examined, Rule, Spot
from consent_server.linting.vocabulary import (
    ADVERTISING,
    ANY_TIME,
    LENGTHS,
    OPTIONAL,
    REFUSING,
    STATISTICS,
    Words,
    says,
)
from consent_server.policies.schemas import Purpose
from consent_server.policies.wording import BUILT_IN

_KOREA: Final = frozenset({"", "kr", "kor", "korea", "south korea", "한국", "대한민국"})


def purposes_without_words(examined: Examined) -> Iterator[Spot]:
    """A purpose that says nothing in one of the languages."""
    for at, purpose in enumerate(examined.notice.purposes):
        for language in examined.notice.languages:
            if not _text_of(purpose, language):
                facts = {"purpose": purpose.key, "language": language}
                yield Spot(f"purposes.{at}.texts.{language}", facts)


def purposes_without_service(examined: Examined) -> Iterator[Spot]:
    """A purpose for which nothing is listed: what it stores, for how long, for whom."""
    served = {service.purpose for service in examined.notice.services}
    for purpose in examined.notice.purposes:
        if purpose.key not in served:
            yield Spot("add-services", {"purpose": purpose.key})


def items_unnamed(examined: Examined) -> Iterator[Spot]:
    """A service that does not say in each language what it stores."""
    for at, service in enumerate(examined.notice.services):
        for language in examined.notice.languages:
            if not service.stores.get(language):
                facts = {"service": service.name, "language": language}
                yield Spot(f"services.{at}.stores.{language}", facts)


def period_unnamed(examined: Examined) -> Iterator[Spot]:
    """A service that does not say in each language how long it keeps it."""
    for at, service in enumerate(examined.notice.services):
        for language in examined.notice.languages:
            if not service.keeps.get(language):
                facts = {"service": service.name, "language": language}
                yield Spot(f"services.{at}.keeps.{language}", facts)


def period_vague(examined: Examined) -> Iterator[Spot]:
    """A period in words that name no length."""
    for at, service in enumerate(examined.notice.services):
        if service.keeps_days is not None:
            continue
        for language, words in service.keeps.items():
            has_number = any(sign.isdigit() for sign in words)
            if not has_number and says(words, LENGTHS, language) is False:
                facts = {"service": service.name, "period": words}
                yield Spot(f"services.{at}.keeps.{language}", facts)


def effect_untold(examined: Examined) -> Iterator[Spot]:
    """A purpose in own words that do not say what refusing it means."""
    for at, purpose in enumerate(examined.notice.purposes):
        for language, words in purpose.texts.items():
            if says(words, REFUSING, language) is False:
                facts = {"purpose": purpose.key, "language": language}
                yield Spot(f"purposes.{at}.texts.{language}", facts)


def refusal_untold(examined: Examined) -> Iterator[Spot]:
    """A banner in own words that never says that one may refuse."""
    return _unsaid(examined, REFUSING)


def withdrawal_untold(examined: Examined) -> Iterator[Spot]:
    """A banner in own words that never says that one may change one's mind."""
    return _unsaid(examined, ANY_TIME)


def optional_untold(examined: Examined) -> Iterator[Spot]:
    """Preferences in own words that never say that the purposes are optional."""
    for language in examined.notice.languages:
        words = examined.text(language, "preferences_body")
        names = " ".join(purpose.names.get(language, "") for purpose in examined.notice.purposes)
        is_own = examined.is_own(language, "preferences_body")
        if is_own and says(f"{words} {names}", OPTIONAL, language) is False:
            yield Spot(f"texts.{language}.preferences_body", {"language": language})


def purposes_bundled(examined: Examined) -> Iterator[Spot]:
    """One purpose in own words for both advertising and statistics."""
    for at, purpose in enumerate(examined.notice.purposes):
        for language, words in purpose.texts.items():
            if says(words, ADVERTISING, language) and says(words, STATISTICS, language):
                facts = {"purpose": purpose.key}
                yield Spot(f"purposes.{at}.texts.{language}", facts)


def country_unnamed(examined: Examined) -> Iterator[Spot]:
    """Somebody else stores it, and nobody says in which country."""
    for at, service in enumerate(examined.notice.services):
        if service.party == "third" and not service.country:
            yield Spot(f"services.{at}.country", {"service": service.name})


def transfer_untold(examined: Examined) -> Iterator[Spot]:
    """A processor in another country without what has to be told of the transfer."""
    for at, processor in enumerate(examined.notice.processors):
        if processor.abroad is None and processor.country.strip().casefold() not in _KOREA:
            facts = {"processor": processor.name, "country": processor.country}
            yield Spot(f"processors.{at}.abroad.items.{examined.notice.languages[0]}", facts)


def officer_unnamed(examined: Examined) -> Iterator[Spot]:
    """Nobody answers for personal data."""
    if examined.notice.officer is None:
        yield Spot(f"officer.names.{examined.notice.languages[0]}")


def officer_unreachable(examined: Examined) -> Iterator[Spot]:
    """An officer without telephone and e-mail."""
    officer = examined.notice.officer
    if officer is not None and not (officer.phone or officer.email):
        yield Spot("officer.phone")


def contact_unnamed(examined: Examined) -> Iterator[Spot]:
    """A site that gives no address for questions."""
    if not examined.contact.strip():
        yield Spot("site.contact")


def complaints_unnamed(examined: Examined) -> Iterator[Spot]:
    """No body outside the company where a person can complain."""
    if not examined.notice.complaints:
        yield Spot("add-complaints")


def language_missing(examined: Examined) -> Iterator[Spot]:
    """The site's language of last resort is none of the notice."""
    if examined.language not in examined.notice.languages:
        yield Spot("languages", {"language": examined.language})


def _text_of(purpose: Purpose, language: str) -> str:
    built_in = BUILT_IN.get(language, {}).get("purposes", {}).get(purpose.key, {})
    return purpose.texts.get(language) or str(built_in.get("text", ""))


def _unsaid(examined: Examined, words: Words) -> Iterator[Spot]:
    for language in examined.notice.languages:
        keys = ("body", "preferences_body")
        told = " ".join(examined.text(language, key) for key in keys)
        is_own = any(examined.is_own(language, key) for key in keys)
        if is_own and says(told, words, language) is False:
            yield Spot(f"texts.{language}.body", {"language": language})


RULES: Final = (
    Rule(
        "purpose-undescribed", "error", sources.PIPA_15,
        N_("Purpose “%(purpose)s” says nothing in “%(language)s”."), purposes_without_words,
    ),
    Rule(
        "items-unnamed", "error", sources.PIPA_15,
        N_("%(service)s does not say in “%(language)s” what it stores."), items_unnamed,
    ),
    Rule(
        "period-unnamed", "error", sources.PIPA_15,
        N_("%(service)s does not say in “%(language)s” how long it keeps it."), period_unnamed,
    ),
    Rule(
        "refusal-untold", "error", sources.PIPA_15,
        N_("Your own words in “%(language)s” do not say that one may refuse."), refusal_untold,
    ),
    Rule(
        "officer-unnamed", "error", sources.PIPA_30_OFFICER,
        N_("The notice names no privacy officer."), officer_unnamed,
    ),
    Rule(
        "officer-unreachable", "error", sources.PIPA_30_OFFICER,
        N_("The privacy officer has neither telephone nor e-mail."), officer_unreachable,
    ),
    Rule(
        "contact-unnamed", "error", sources.GDPR_13_CONTACT,
        N_("The site names no contact for questions and requests."), contact_unnamed,
    ),
    Rule(
        "purpose-without-service", "warning", sources.PIPA_15,
        N_("Purpose “%(purpose)s” lists no service: visitors cannot see what is stored, by whom "
           "and for how long."),
        purposes_without_service,
    ),
    Rule(
        "period-vague", "warning", sources.GDPR_13_PERIOD,
        N_("%(service)s names no length of time: “%(period)s”."), period_vague,
    ),
    Rule(
        "effect-untold", "warning", sources.PIPA_15,
        N_("Purpose “%(purpose)s” does not say in “%(language)s” what refusing it means."),
        effect_untold,
    ),
    Rule(
        "withdrawal-untold", "warning", sources.GDPR_7_3,
        N_("Your own words in “%(language)s” do not say that one may change one's mind at any "
           "time."),
        withdrawal_untold,
    ),
    Rule(
        "optional-untold", "warning", sources.DECREE_17,
        N_("Your own words in “%(language)s” do not say that these purposes are optional."),
        optional_untold,
    ),
    Rule(
        "purposes-bundled", "warning", sources.PIPA_22,
        N_("Purpose “%(purpose)s” is both advertising and statistics; ask for each by itself."),
        purposes_bundled,
    ),
    Rule(
        "country-unnamed", "warning", sources.PIPA_28_8,
        N_("%(service)s is run by somebody else; say in which country."), country_unnamed,
    ),
    Rule(
        "transfer-untold", "warning", sources.PIPA_28_8,
        N_("%(processor)s is in %(country)s; say what is sent there, how, for how long and how to "
           "refuse."),
        transfer_untold,
    ),
    Rule(
        "complaints-unnamed", "warning", sources.GDPR_13_COMPLAINT,
        N_("The notice names no body where people can complain."), complaints_unnamed,
    ),
    Rule(
        "language-missing", "warning", sources.GDPR_12,
        N_("The notice is not written in “%(language)s”, the site's language of last resort."),
        language_missing,
    ),
)  # fmt: skip
