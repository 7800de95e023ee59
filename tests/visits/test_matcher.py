"""The matcher in Rust answers as `user_agents.parse` does; what it answers for hostile headers."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from user_agents import parsers

from consent_server.visits import matcher
from consent_server.visits.device import HEADER_CHARACTERS
from consent_server.visits.matcher import agent_of

CORPUS = json.loads((Path(__file__).parent.parent / "vectors" / "user_agents.json").read_text())
QUESTIONS = ("is_bot", "is_email_client", "is_mobile", "is_pc", "is_tablet", "is_touch_capable")


def all_of(agent: Any) -> dict[str, Any]:
    """Returns everything that a `user_agents` object says."""
    shown = {name: getattr(agent, name) for name in ("ua_string", "browser", "os", "device")}
    asked = {name: getattr(agent, name) for name in QUESTIONS}
    pretty = [str(agent), agent.get_browser(), agent.get_os(), agent.get_device()]
    return {**shown, **asked, "pretty": pretty}


def test_the_questions_are_all_that_a_user_agents_object_answers() -> None:
    answered = [name for name in dir(parsers.UserAgent) if name.startswith("is_")]

    assert sorted(answered) == sorted(QUESTIONS)


@pytest.mark.parametrize("kind", list(CORPUS["sources"]))
def test_every_answer_is_that_of_user_agents_itself(kind: str) -> None:
    differing = [
        header
        for header in CORPUS[kind]
        if all_of(agent_of(header)) != all_of(parsers.parse(header))
    ]

    assert differing == []


def test_the_corpus_is_large_and_holds_every_kind_of_device() -> None:
    headers = {header for kind in CORPUS["sources"] for header in CORPUS[kind]}
    agents = [agent_of(header) for header in headers]

    assert len(headers) >= 1000
    for question in set(QUESTIONS) - {"is_email_client"}:
        assert sum(getattr(agent, question) for agent in agents) >= 20, question
    assert len({agent.browser.family for agent in agents}) >= 100
    assert len({agent.os.family for agent in agents}) >= 10
    assert len({agent.device.family for agent in agents}) >= 100


def test_a_word_that_stands_too_late_for_its_rule_does_not_count() -> None:
    early = "Mozilla/5.0 " + "x" * 80 + " FastCrawler/1.0"
    late = "Mozilla/5.0 " + "x" * 100 + " FastCrawler/1.0"

    assert [agent_of(early).is_bot, agent_of(late).is_bot] == [True, False]
    assert [parsers.parse(early).is_bot, parsers.parse(late).is_bot] == [True, False]


def test_blanks_after_a_name_are_cut_where_user_agents_keeps_them() -> None:
    header = (
        "Mozilla/5.0 (Linux; U; Android 4.2.2; es-es; Sport    Build/JDQ39) Mobile Safari/534.30"
    )

    assert agent_of(header).device.family == "Sport"
    assert parsers.parse(header).device.family == "Sport   "


PIECES = [
    piece for kind in CORPUS["sources"] for header in CORPUS[kind] for piece in header.split()
]
torn = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=40)), max_size=30).map(" ".join)


@given(st.one_of(torn, st.text(st.characters(exclude_categories=()), max_size=HEADER_CHARACTERS)))
def test_no_header_makes_it_raise(header: str) -> None:
    agent = agent_of(header)

    assert isinstance(str(agent), str)
    assert {getattr(agent, question) for question in QUESTIONS} <= {True, False}


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("ArcGIS Pro 1.2.²", id="a digit that is no number"),
        pytest.param("Mozilla/5.0 \ud800 Chrome/120.0", id="half a character"),
        pytest.param("Chrome/" + "9" * 500, id="a number of 500 digits"),
        pytest.param("\0\r\n\x1b[2J", id="controls"),
    ],
)
def test_what_the_libraries_cannot_bear_is_borne(header: str) -> None:
    assert isinstance(str(agent_of(header)), str)


HOSTILE = [
    pytest.param("a" * 512, id="one letter"),
    pytest.param("; " * 256, id="separators"),
    pytest.param("Mozilla/5.0 (" * 40, id="openings"),
    pytest.param("Android 1.1.1.1-" * 32, id="versions"),
    pytest.param("bo" * 256, id="half a bot"),
    pytest.param("Linux; Android; SM-" * 27, id="half a phone"),
    pytest.param("é" * 512, id="no ASCII"),
]


@pytest.mark.parametrize("header", HOSTILE)
def test_a_hostile_header_is_as_little_work_as_an_ordinary_one(header: str) -> None:
    """Counts calls, not seconds: no expression of Python's, which may need exponential time, runs.

    What is left is the matcher's own work, linear in the header's length by its construction.
    """
    assert type(matcher._RESOLVER).__module__ == "ua_parser.regex"

    calls = calls_of(header[:HEADER_CHARACTERS])

    assert [name for name in calls if name in ("search", "match", "fullmatch", "findall")] == []
    usual = max(len(calls_of(usual)) for usual in CORPUS["visitors"][:50])
    assert len(calls) <= 2 * usual + 3 * len(header) * (not header.isascii())


def calls_of(header: str) -> list[str]:
    """Returns the names of all functions, Python's and C's, that parsing a header calls."""
    names: list[str] = []

    def note(frame: FrameType, event: str, argument: Any) -> None:
        if event == "call":
            names.append(frame.f_code.co_name)
        elif event == "c_call":
            names.append(argument.__name__)

    sys.setprofile(note)
    try:
        agent_of(header)
    finally:
        sys.setprofile(None)
    return names
