"""Consent robots understand our words: what DuckDuckGo's autoconsent makes of each language.

Its own classifier reads the built-in wording. The lists are a ratchet: a language that drops out
fails the test, and one that comes in has to be listed, so that the lists only grow, and knowingly.
A language that is on neither list is one for which the robot has no phrase that would be natural.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from typing import Any

import pytest

from consent_server.policies.wording import BUILT_IN
from support.prepared import ROOT, Prepared
from support.robots import ACTIONABLE

REFUSAL_ONLY = {"id", "sv", "tr"}  # the label is known, but no phrase for a cookie notice
LABELS = ("accept_all", "ask_each", "refuse_all", "details")
BODIES = ("body", "body_opt_out", "body_notice")
Seen = dict[str, dict[str, dict[str, Any]]]


def read_by_robot(prepared: Prepared, wordings: Mapping[str, Mapping[str, str]]) -> Seen:
    """Returns per wording the kind of each label, and for each body if it tells of cookies."""
    notices = {
        name: {
            "labels": {key: texts[key] for key in LABELS},
            "bodies": {key: f"{texts['title']}\n{texts[key]}" for key in BODIES},
        }
        for name, texts in wordings.items()
    }
    done = subprocess.run(
        [prepared.node, str(ROOT / "banner" / "robots" / "classify.mjs")],
        input=json.dumps(notices),
        capture_output=True,
        text=True,
        check=True,
    )
    seen: Seen = json.loads(done.stdout)
    return seen


@pytest.fixture(scope="module")
def seen(prepared: Prepared) -> Seen:
    """What the robot makes of every language."""
    return read_by_robot(prepared, {language: BUILT_IN[language]["texts"] for language in BUILT_IN})


def recognised(seen: Seen) -> set[str]:
    return {name for name, its in seen.items() if its["labels"]["refuse_all"] == "reject"}


def test_the_refusal_is_recognised_in_exactly_the_listed_languages(seen: Seen) -> None:
    assert recognised(seen) == set(ACTIONABLE) | REFUSAL_ONLY


def test_the_whole_notice_is_recognised_in_exactly_the_listed_languages(seen: Seen) -> None:
    actionable = {name for name in recognised(seen) if seen[name]["bodies"]["body"]}

    assert actionable == set(ACTIONABLE)


@pytest.mark.parametrize("body", BODIES)
def test_the_notice_is_recognised_in_every_mode(seen: Seen, body: str) -> None:
    assert [name for name in ACTIONABLE if not seen[name]["bodies"][body]] == []


def test_no_other_choice_is_taken_for_a_refusal(seen: Seen) -> None:
    others = {
        name: {key for key, kind in its["labels"].items() if kind == "reject"} - {"refuse_all"}
        for name, its in seen.items()
    }

    assert {name: keys for name, keys in others.items() if keys} == {}


def test_refusing_and_asking_are_never_taken_for_allowing(seen: Seen) -> None:
    kinds = {
        its["labels"][key] for its in seen.values() for key in ("refuse_all", "ask_each", "details")
    }

    assert kinds.isdisjoint({"accept", "acknowledge"})


def test_another_word_for_refusing_is_not_recognised(prepared: Prepared) -> None:
    evasive = {**BUILT_IN["en"]["texts"], "refuse_all": "Maybe later"}

    read = read_by_robot(prepared, {"evasive": evasive})

    assert read["evasive"]["labels"]["refuse_all"] == "other"
    assert recognised(read) == set()
