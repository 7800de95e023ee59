"""A month is looked at, signed once and for all, and whoever changes it later is found out."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskCliRunner
from sqlalchemy import text

from consent_server import clock
from consent_server.audit.services import Act, record_act
from consent_server.errors import CommandError
from consent_server.reviews.commands import commands
from consent_server.reviews.months import Month
from consent_server.reviews.services import Reviewer
from consent_server.reviews.statement import is_genuine
from consent_server.reviews.verifying import Verified, verify_log
from consent_server.storage.append_only import trigger_name
from consent_server.storage.database import db
from support.shop import Shop

SEOUL = ZoneInfo("Asia/Seoul")
OCTOBER = Month.named("2026-10")
DONE = datetime(2026, 10, 14, 12, tzinfo=SEOUL)
LATER = datetime(2026, 11, 5, 12, tzinfo=SEOUL)
OFFICER = "officer@shop.example"
TurnClock = Callable[[datetime], None]


@pytest.fixture
def turn_clock(monkeypatch: pytest.MonkeyPatch) -> TurnClock:
    return lambda instant: monkeypatch.setattr(clock, "now", lambda: instant)


@pytest.fixture
def reviewer(shop: Shop, turn_clock: TurnClock) -> Reviewer:
    """October is over; three things were done in it, on its last instants too."""
    with shop.app.app_context():
        for act, at in (
            ("visits.view", DONE),
            ("operator.grant", DONE),
            ("sign-in", datetime(2026, 10, 31, 23, 59, 59, tzinfo=SEOUL)),
            ("sign-in", datetime(2026, 11, 1, tzinfo=SEOUL)),
        ):
            turn_clock(at)
            record_act(Act(operator="kim@shop.example", act=act, reason="ticket", record_count=2))
    turn_clock(LATER)
    return shop.house.reviewer


def sign(shop: Shop, finding: str = "Nothing unusual.", number: int = 1) -> None:
    with shop.app.app_context():
        shop.house.reviewer.sign(OCTOBER, OFFICER, finding, number=number)


def faults(shop: Shop) -> list[tuple[str, str]]:
    with shop.app.app_context():
        return [(f.place, f.fault) for f in verify_log(shop.house.reviewer, Verified())]


def meddle(shop: Shop, table: str, verb: str, statement: str) -> None:
    """Changes a protected table as its owner could, who can drop the trigger."""
    with shop.app.app_context():
        on = "" if db.engine.dialect.name == "sqlite" else f" ON {table}"
        db.session.execute(text(f"DROP TRIGGER {trigger_name(table, verb)}{on}"))
        db.session.execute(text(statement))
        db.session.commit()


def states(reviewer: Reviewer) -> dict[str, str]:
    return {str(each.month): each.state for each in reviewer.months()}


def test_a_month_waits_is_overdue_after_its_day_and_is_reviewed_once_signed(
    shop: Shop, reviewer: Reviewer, turn_clock: TurnClock
) -> None:
    waiting = states(reviewer)
    turn_clock(datetime(2026, 11, 11, tzinfo=SEOUL) - timedelta(milliseconds=1))
    in_time = reviewer.count_overdue()
    turn_clock(datetime(2026, 11, 11, tzinfo=SEOUL))
    late = reviewer.count_overdue(), states(reviewer)["2026-10"]
    sign(shop)

    assert waiting == {"2026-11": "running", "2026-10": "waiting"}
    assert (in_time, late) == (0, (1, "overdue"))
    assert states(reviewer)["2026-10"] == "reviewed"
    assert reviewer.count_overdue() == 0


def test_a_review_states_what_it_was_made_of_and_stands_in_the_log(
    shop: Shop, reviewer: Reviewer
) -> None:
    sign(shop)
    [review] = reviewer.reviews(OCTOBER)
    with shop.app.app_context():
        last = list(reviewer.entries(OCTOBER.next))[-1]

    assert (review.acts, review.grants, review.own_acts) == (2, 1, 0)
    assert review.summary["operators"]["kim@shop.example"]["viewed"] == 2
    assert is_genuine(review)
    assert (last.act, last.operator) == ("log.review", OFFICER)
    assert review.digest in last.reference
    assert faults(shop) == []


def test_a_month_is_signed_when_it_is_over_and_each_form_counts_once(
    shop: Shop, reviewer: Reviewer
) -> None:
    sign(shop)

    with shop.app.app_context():
        for month, finding, number in (
            (OCTOBER.next, "too soon", 1),
            (OCTOBER, "the same form again", 1),
            (OCTOBER, "", 2),
            (OCTOBER, "x" * 2001, 2),
        ):
            with pytest.raises(CommandError):
                reviewer.sign(month, OFFICER, finding, number=number)
    sign(shop, "Looked again.", 2)

    assert [review.number for review in reviewer.reviews(OCTOBER)] == [1, 2]
    assert faults(shop) == []


def test_an_entry_that_is_changed_after_its_review_is_found_by_both(
    shop: Shop, reviewer: Reviewer
) -> None:
    sign(shop)
    meddle(
        shop, "access_log", "update", "UPDATE access_log SET reason = 'x' WHERE act = 'visits.view'"
    )

    found = faults(shop)

    assert ("review 2026-10 no. 1", "changed") in found
    assert "forged" in [fault for _, fault in found]


def test_an_entry_that_is_taken_out_after_its_review_is_found_by_both(
    shop: Shop, reviewer: Reviewer
) -> None:
    sign(shop)
    meddle(shop, "access_log", "delete", "DELETE FROM access_log WHERE act = 'operator.grant'")

    assert ("review 2026-10 no. 1", "changed") in faults(shop)


def test_a_review_that_is_changed_or_vanishes_is_found(shop: Shop, reviewer: Reviewer) -> None:
    sign(shop)
    meddle(shop, "log_reviews", "update", "UPDATE log_reviews SET finding = 'all is well'")
    changed = faults(shop)
    meddle(shop, "log_reviews", "delete", "DELETE FROM log_reviews")

    assert changed == [("review 2026-10 no. 1", "forged")]
    assert [fault for _, fault in faults(shop)] == ["missing"]


def test_an_entry_that_comes_after_the_review_of_its_month_is_told(
    shop: Shop, reviewer: Reviewer, turn_clock: TurnClock
) -> None:
    sign(shop)
    turn_clock(DONE)
    with shop.app.app_context():
        record_act(Act(operator="kim@shop.example", act="visits.view"))

    assert faults(shop) == [("review 2026-10 no. 1", "added")]


def test_the_shell_says_what_is_wrong_and_fails(
    shop: Shop, reviewer: Reviewer, runner: FlaskCliRunner
) -> None:
    sign(shop)
    sound = runner.invoke(commands, ["verify"])
    listed = runner.invoke(commands, ["reviews", "--json"])
    meddle(
        shop,
        "access_log",
        "update",
        "UPDATE access_log SET operator = 'x' WHERE act = 'visits.view'",
    )
    broken = runner.invoke(commands, ["verify", "--json"])

    assert sound.exit_code == 0, sound.output
    assert "none is missing" in sound.output
    months = [json.loads(line) for line in listed.output.splitlines()]
    assert months[-1]["reviews"][0]["finding"] == "Nothing unusual."
    assert broken.exit_code == 1
    assert {each["fault"] for each in json.loads(broken.output)["faults"]} >= {"forged", "changed"}
