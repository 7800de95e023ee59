"""Notices: complete in each language, and hashed so that the words can be proved."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import msgspec
import pytest

from consent_server.errors import CommandError
from consent_server.policies.rules import canonical, check_notice, fingerprint, shown_in
from consent_server.policies.schemas import Notice, Purpose
from consent_server.policies.services import DEFAULT_NOTICE, read_notice
from consent_server.policies.wording import BUILT_IN
from support.shop import NOTICE


def test_korean_and_english_wording_have_the_same_keys() -> None:
    def keys(branch: Any) -> Any:
        return {k: keys(v) for k, v in branch.items()} if isinstance(branch, dict) else ""

    assert keys(BUILT_IN["ko"]) == keys(BUILT_IN["en"])


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_built_in_notice_is_complete(language: str) -> None:
    shown = shown_in(DEFAULT_NOTICE, language)

    assert [purpose["key"] for purpose in shown["purposes"]] == [
        "functional",
        "analytics",
        "marketing",
    ]
    assert all(purpose["name"] and purpose["text"] for purpose in shown["purposes"])
    assert all(shown["texts"].values())


def test_the_hash_is_the_sha256_of_what_is_shown() -> None:
    text = canonical(shown_in(NOTICE, "ko"))

    assert fingerprint(text) == hashlib.sha256(text).hexdigest()
    assert json.loads(text) == shown_in(NOTICE, "ko")


def test_the_hash_does_not_depend_on_the_order_in_which_texts_were_written() -> None:
    one = msgspec.structs.replace(NOTICE, texts={"ko": {"title": "가", "body": "나"}})
    two = msgspec.structs.replace(NOTICE, texts={"ko": {"body": "나", "title": "가"}})

    assert canonical(shown_in(one, "ko")) == canonical(shown_in(two, "ko"))


def test_any_changed_word_changes_the_hash() -> None:
    changed = msgspec.structs.replace(NOTICE, texts={"ko": {"title": "다른 제목"}})

    assert canonical(shown_in(changed, "ko")) != canonical(shown_in(NOTICE, "ko"))
    assert canonical(shown_in(changed, "en")) == canonical(shown_in(NOTICE, "en"))


BROKEN = [
    pytest.param({"purposes": []}, id="no purpose"),
    pytest.param({"purposes": [{"key": "Analytics"}]}, id="key with a capital"),
    pytest.param({"purposes": [{"key": "necessary"}]}, id="necessary is implied"),
    pytest.param({"purposes": [{"key": "analytics"}] * 2}, id="two purposes with one key"),
    pytest.param({"purposes": [{"key": "unheard-of"}]}, id="purpose without words"),
    pytest.param({"purposes": [{"key": f"p{n}"} for n in range(13)]}, id="too many purposes"),
    pytest.param({"purposes": [{"key": "analytics"}], "colour": 1}, id="unknown member"),
    pytest.param(
        {"purposes": [{"key": "analytics"}], "texts": {"en": {"titel": "x"}}}, id="misspelt text"
    ),
    pytest.param({"purposes": [{"key": "analytics"}], "languages": ["tlh"]}, id="no such wording"),
    pytest.param(
        {
            "purposes": [{"key": "analytics"}],
            "services": [
                {
                    "key": "x",
                    "purpose": "marketing",
                    "name": "X",
                    "vendor": "X",
                    "stores": {},
                    "keeps": {},
                }
            ],
        },
        id="service of no purpose",
    ),
]


@pytest.mark.parametrize("source", BROKEN)
def test_a_notice_that_does_not_fit_is_refused_with_a_reason(source: dict[str, Any]) -> None:
    with pytest.raises(CommandError) as refusal:
        read_notice(json.dumps(source).encode())

    assert len(str(refusal.value)) > 20


def test_a_purpose_of_ones_own_needs_words_in_every_language() -> None:
    own = Purpose(key="research", names={"ko": "연구", "en": "Research"}, texts={"ko": "가"})

    with pytest.raises(CommandError, match=r"purposes\.research\.texts has no text in 'en'"):
        check_notice(Notice(purposes=(own,)))


UNFAIR = [
    pytest.param({"refuse_all": "\u200b \u2060"}, id="a refusal that cannot be seen"),
    pytest.param({"refuse_all": "No, " * 20}, id="a refusal that fills the window"),
    pytest.param({"refuse_all": "allow all "}, id="a refusal that says the opposite"),
    pytest.param({"ask_each": "…"}, id="a question without words"),
]


@pytest.mark.parametrize("labels", UNFAIR)
def test_no_wording_makes_a_choice_weaker_than_the_others(labels: dict[str, str]) -> None:
    unfair = msgspec.structs.replace(NOTICE, texts={"en": labels})

    with pytest.raises(CommandError, match="choices"):
        check_notice(unfair)


def test_the_built_in_labels_keep_the_rule_in_every_language() -> None:
    for language in BUILT_IN:
        shown = {language: "x"}
        purpose = Purpose(key="own", names=shown, texts=shown)

        check_notice(Notice(purposes=(purpose,), languages=(language,)))
