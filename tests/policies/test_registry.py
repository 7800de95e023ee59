"""Who processes data, whom to ask, where to complain: in the text, and in its hash."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest

from consent_server.errors import CommandError
from consent_server.policies.differences import differences, mark
from consent_server.policies.registry import KOREAN_BODIES, ended_contracts
from consent_server.policies.rules import canonical, check_notice, shown_in
from consent_server.policies.schemas import Contact, Notice, Processor, Transfer
from support.shop import NOTICE

BOTH = {"ko": "위탁", "en": "hosting"}
CLOUD = Processor(
    key="cloud",
    name="Cloud Inc.",
    tasks=BOTH,
    country="US",
    ends_on=date(2027, 3, 31),
    abroad=Transfer(items=BOTH, method=BOTH, keeps=BOTH, refusing=BOTH),
)
OFFICER = Contact(names={"ko": "홍길동", "en": "Hong Gildong"}, phone="02-000-0000")


def with_registry(**changes: Any) -> Notice:
    full = {"processors": (CLOUD,), "officer": OFFICER, "complaints": KOREAN_BODIES}
    return msgspec.structs.replace(NOTICE, **(full | changes))


def test_a_notice_without_a_registry_has_the_text_it_always_had() -> None:
    assert shown_in(NOTICE, "en").keys() == {"purposes", "services", "texts"}
    assert shown_in(NOTICE, "en")["services"][0].keys() == {
        "key", "purpose", "name", "vendor", "stores", "keeps",
    }  # fmt: skip


def test_the_source_of_an_old_notice_can_still_be_read() -> None:
    source = b'{"purposes":[{"key":"analytics"}],"languages":["ko"]}'

    assert msgspec.json.decode(source, type=Notice).processors == ()


def test_the_registry_is_part_of_the_text() -> None:
    shown = shown_in(with_registry(), "ko")

    assert shown["processors"][0]["ends_on"] == "2027-03-31"
    assert shown["processors"][0]["abroad"]["refusing"] == "위탁"
    assert shown["officer"] == {"name": "홍길동", "phone": "02-000-0000"}
    assert [body["phone"] for body in shown["complaints"]] == ["118", "1833-6972", "1301", "182"]
    assert canonical(shown) != canonical(shown_in(NOTICE, "ko"))


BROKEN = [
    pytest.param({"processors": (CLOUD, CLOUD)}, "key of its own", id="twice the same"),
    pytest.param({"officer": Contact(names={"ko": "홍길동"})}, "officer.names", id="a language"),
]


@pytest.mark.parametrize(("changes", "told"), BROKEN)
def test_a_registry_that_is_not_complete_is_refused(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(CommandError, match=told):
        check_notice(with_registry(**changes))


@pytest.mark.parametrize(
    ("today", "is_over"), [(date(2027, 3, 31), False), (date(2027, 4, 1), True)]
)
def test_a_contract_is_over_on_the_day_after_its_end(today: date, is_over: bool) -> None:
    assert bool(ended_contracts(with_registry(), today)) is is_over


def test_a_difference_names_the_fact_and_marks_the_words() -> None:
    later = msgspec.structs.replace(CLOUD, ends_on=date(2028, 3, 31))
    found = differences(
        shown_in(with_registry(), "en"), shown_in(with_registry(processors=(later,)), "en")
    )

    [one] = found
    assert (one.kind, one.name, one.fact) == ("processors", "Cloud Inc.", "ends_on")
    assert one.words == "~ processors.cloud.ends_on: 2027-03-31 -> 2028-03-31"


def test_what_came_and_what_went_is_told_too() -> None:
    lines = [
        one.words for one in differences(shown_in(with_registry(), "en"), shown_in(NOTICE, "en"))
    ]

    assert "- officer.name: Hong Gildong" in lines
    assert "- complaints.1.phone: 118" in lines
    assert all(line.startswith("- ") for line in lines)
    assert differences(shown_in(NOTICE, "en"), shown_in(NOTICE, "en")) == []


def test_words_are_marked_where_they_differ() -> None:
    assert mark("kept for 30 days", "kept for 2 years") == [
        ("same", "kept for "),
        ("gone", "30"),
        ("new", "2"),
        ("same", " "),
        ("gone", "days"),
        ("new", "years"),
    ]
