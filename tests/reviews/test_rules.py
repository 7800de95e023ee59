"""What stands out in a month, and when its review is due."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from consent_server.audit.chain import Entry
from consent_server.reviews.months import Month
from consent_server.reviews.rules import MonthSeen, OpenCopy, marks_of, summary_of

SEOUL = ZoneInfo("Asia/Seoul")
NOON = datetime(2026, 10, 14, 12, tzinfo=SEOUL)  # a Wednesday
KIM, LEE = "kim@shop.example", "lee@shop.example"


def entry(act: str, operator: str = KIM, at: datetime = NOON, **changes: object) -> Entry:
    facts: dict[str, object] = {
        "number": 1, "at": at, "operator": operator, "act": act, "site_id": None,
        "record_count": None, "reason": "", "reference": "", "source": "10.0.0.1",
        "previous": "", "signed_with": "", "signature": "",
    }  # fmt: skip
    return Entry(**(facts | changes))  # type: ignore[arg-type]  # a table of mixed types


def seen(*entries: Entry, known: tuple[tuple[str, str], ...] = ((KIM, "10.0.0.1"),)) -> MonthSeen:
    month = MonthSeen(SEOUL, known)
    for each in entries:
        month.add(each)
    return month


@pytest.mark.parametrize(
    ("entries", "marks"),
    [
        ([entry("visits.view", record_count=50)], []),
        ([entry("sign-in.failed")] * 4, []),
        ([entry("sign-in.failed")] * 5, [("failures", KIM, 5), ("failures_from", "", 1)]),
        ([entry("sign-in.locked")], [("locked", "", 1)]),
        ([entry("visits.view", at=NOON.replace(hour=5))], [("unusual_hours", KIM, 1)]),
        ([entry("visits.view", at=NOON.replace(hour=22))], [("unusual_hours", KIM, 1)]),
        ([entry("visits.view", at=NOON.replace(hour=21))], []),
        ([entry("sign-in", at=NOON.replace(day=17))], [("unusual_hours", KIM, 1)]),
        ([entry("consents.exported", "token backup", at=NOON.replace(hour=3))], []),
        ([entry("sign-in", source="10.9.9.9")] * 2, [("new_source", KIM, 1)]),
        ([entry("sign-in", LEE, source="10.9.9.9")], []),
        ([entry("visits.exported", record_count=10_000)], [("many_records", KIM, 10_000)]),
        ([entry("operator.add", "command line", source="")], [("by_command_line", "", 1)]),
    ],
    ids=[
        "an ordinary day", "four failures", "five", "locked", "before six", "at ten", "before ten",
        "on a Saturday", "a machine at night", "a new address", "of a new account", "many records",
        "rights on the shell",
    ],
)  # fmt: skip
def test_what_stands_out_is_marked(entries: list[Entry], marks: list[tuple[str, str, int]]) -> None:
    found = marks_of(seen(*entries), ())

    assert [(m.mark, m.operator, m.count) for m in found] == marks


def test_copies_that_nobody_destroyed_are_marked_with_their_owner() -> None:
    copy = OpenCopy("export-1", LEE, NOON, NOON)

    [mark] = marks_of(seen(), [copy, copy])

    assert (mark.mark, mark.operator, mark.count) == ("copies_open", LEE, 2)


def test_what_is_signed_counts_everybody_and_holds_no_address_and_no_reason() -> None:
    month = seen(
        entry("sign-in"),
        entry("visits.view", record_count=50, reason="ticket 1"),
        entry("visits.export", reason="audit"),
        entry("visits.exported", record_count=3, reason="audit"),
        entry("operator.grant", LEE),
    )

    summary = summary_of(month, marks_of(month, ()))

    assert summary["operators"][KIM] == {
        "sign_ins": 1, "failures": 0, "views": 1, "viewed": 50, "exports": 1, "exported": 3,
        "grants": 0, "changes": 0,
    }  # fmt: skip
    assert summary["operators"][LEE]["grants"] == 1
    assert month.accesses[KIM, "visits.view", "ticket 1"] == [1, 50]
    assert "10.0.0.1" not in str(summary)
    assert "ticket" not in str(summary)


@pytest.mark.parametrize(
    ("name", "last", "due"),
    [
        ("2026-10", date(2026, 10, 31), date(2026, 11, 10)),
        ("2026-12", date(2026, 12, 31), date(2027, 1, 10)),
        ("2028-02", date(2028, 2, 29), date(2028, 3, 10)),
    ],
)
def test_a_review_is_due_ten_days_after_the_month(name: str, last: date, due: date) -> None:
    month = Month.named(name)

    assert (str(month), month.last, month.due_on(10)) == (name, last, due)
    assert month.ends_at(SEOUL) == month.next.begins_at(SEOUL)


@pytest.mark.parametrize("text", ["2026-13", "2026-1", "x", "", "9999-01", "2026-10-01", "0001-01"])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"month|does not match|remains"):
        Month.named(text)
