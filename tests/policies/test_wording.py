"""The built-in wording: every language is complete, fits where it is shown and is its own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import pytest

from consent_server.policies.rules import shown_in
from consent_server.policies.schemas import Language, Phrase, Text
from consent_server.policies.services import DEFAULT_NOTICE
from consent_server.policies.wording import BUILT_IN

CHOICES = ("accept_all", "ask_each", "refuse_all")
CHOICE_LIMIT = 24  # characters: three equal buttons in one row
DETAILS_LIMIT = 36  # characters: a link in a row of its own
SENTENCES = {  # what may be longer than a phrase
    "body",
    "body_opt_out",
    "body_notice",
    "preferences_body",
    "necessary_text",
    "gpc",
    "functional.text",
    "analytics.text",
    "marketing.text",
}
# Words that several languages write as English does.
SHARED = {"Cookie", "Cookies", "Marketing", "Name", "OK", "Services"}
_STRAY = re.compile(r"^\s|^$|\s$|\s\s|[\n\t]")
LANGUAGES = sorted(BUILT_IN)
OTHERS = [language for language in LANGUAGES if language != "en"]


def phrases(language: str) -> dict[str, str]:
    """Returns every phrase of a language; those of a purpose as `purpose.key`."""
    return dict(_flat(BUILT_IN[language]))


def _flat(wording: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield from wording["texts"].items()
    for purpose, its in wording["purposes"].items():
        for key, phrase in its.items():
            yield f"{purpose}.{key}", phrase


def placeholders(phrase: str) -> set[str]:
    return set(re.findall(r"\{\w*\}", phrase))


def choices(language: str) -> list[str]:
    return [BUILT_IN[language]["texts"][key] for key in CHOICES]


def test_there_are_at_least_forty_languages_korean_and_english_among_them() -> None:
    assert len(LANGUAGES) >= 40
    assert {"ko", "en"} <= set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_can_be_published_as_it_is(language: str) -> None:
    assert msgspec.convert(language, type=Language) == language
    assert shown_in(DEFAULT_NOTICE, language)["texts"] == BUILT_IN[language]["texts"]


@pytest.mark.parametrize("language", OTHERS)
def test_every_language_says_all_that_english_says_in_the_same_order(language: str) -> None:
    assert BUILT_IN[language].keys() == BUILT_IN["en"].keys()
    assert list(phrases(language)) == list(phrases("en"))


@pytest.mark.parametrize("language", OTHERS)
def test_every_phrase_has_the_placeholders_of_the_english_one(language: str) -> None:
    english = {key: placeholders(phrase) for key, phrase in phrases("en").items()}

    assert {key: placeholders(phrase) for key, phrase in phrases(language).items()} == english


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_phrase_is_empty_or_carries_stray_space(language: str) -> None:
    untidy = [key for key, phrase in phrases(language).items() if _STRAY.search(phrase)]

    assert untidy == []


@pytest.mark.parametrize("language", OTHERS)
def test_no_english_is_left_over(language: str) -> None:
    english = phrases("en")
    same = {phrase for key, phrase in phrases(language).items() if phrase == english[key]}

    assert same <= SHARED


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_phrase_keeps_the_limits_of_an_operators_own(language: str) -> None:
    for key, phrase in phrases(language).items():
        msgspec.convert(phrase, type=Text if key in SENTENCES else Phrase)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_three_choices_differ_and_fit_into_one_row(language: str) -> None:
    said = choices(language)

    assert len({label.casefold() for label in said}) == len(CHOICES)
    assert [label for label in said if len(label) > CHOICE_LIMIT] == []
    assert len(BUILT_IN[language]["texts"]["details"]) <= DETAILS_LIMIT


@pytest.mark.parametrize("language", LANGUAGES)
def test_refusing_is_not_said_at_greater_length_than_allowing(language: str) -> None:
    allow, _, refuse = choices(language)

    assert len(refuse) <= 1.5 * len(allow)
