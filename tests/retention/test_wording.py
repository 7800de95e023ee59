"""The retention table in words: complete in both languages, and what it says is what is done."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskCliRunner

from consent_server.config import Settings
from consent_server.retention.commands import commands
from consent_server.retention.rules import record_classes
from consent_server.retention.wording import LANGUAGES, printed, wording


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_class_has_all_its_words_and_none_is_left_over(
    settings: Settings, language: str
) -> None:
    names = [record_class.name for record_class in record_classes(settings)]
    words = wording(language)["classes"]

    assert list(words) == names
    for line in printed(record_classes(replace(settings, consent_months=6)), language):
        assert all([line.title, line.period, line.basis, line.reason, line.place, line.way])
        counts = "month" in line.period or "year" in line.period or line.period[0].isdecimal()
        assert bool(line.counts_from) == counts, line


def test_both_languages_say_the_same_things() -> None:
    english, korean = wording("en")["classes"], wording("ko")["classes"]

    assert {n: set(w) for n, w in english.items()} == {n: set(w) for n, w in korean.items()}


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("language", "changes", "name", "period"),
    [
        pytest.param("en", {}, "visit", "3 months", id="months"),
        pytest.param("ko", {}, "visit", "3개월", id="months in Korean"),
        pytest.param("en", {"visit_months": 1}, "visit", "1 month", id="one month"),
        pytest.param("en", {}, "access_log", "1 year", id="a year"),
        pytest.param("ko", {"access_log_months": 24}, "access_log", "2년", id="two years"),
        pytest.param("en", {"access_log_months": 18}, "access_log", "18 months", id="no years"),
        pytest.param("en", {}, "disclosure", "7 years", id="disclosures"),
        pytest.param("en", {}, "consent", "while it proves a choice", id="for good"),
        pytest.param("ko", {"consent_months": 36}, "consent", "3년", id="by policy"),
        pytest.param("de", {}, "statistics", "without end", id="no other language"),
    ],
)
def test_periods_are_those_of_the_settings(
    settings: Settings, language: str, changes: dict[str, Any], name: str, period: str
) -> None:
    lines = printed(record_classes(replace(settings, **changes)), language)

    assert [line.period for line in lines if line.name == name] == [period]


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_the_command_prints_what_is_enforced(runner: FlaskCliRunner) -> None:
    facts = json.loads(runner.invoke(commands, ["classes", "--json"]).output)
    korean = runner.invoke(commands, ["classes", "--language", "ko"]).output

    log = next(line for line in facts if line["name"] == "access_log")
    assert (log["months"], log["period"], log["rows"][0]["table"]) == (12, "1 year", "access_log")
    assert "관리 콘솔 접속 기록: 1년 (행위가 있던 달의 말일부터)" in korean
