"""Exported copies: each has an owner, a hash and a last day, and is checked off once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskCliRunner
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from consent_server import clock
from consent_server.errors import CommandError
from consent_server.reports.copy_commands import export_commands
from consent_server.reports.exports import Export
from consent_server.reports.ledger import (
    check_off,
    count_overdue_here,
    destroyed_copies,
    open_copies,
)
from consent_server.reports.models import ExportedCopy
from consent_server.storage.database import db
from support.apps import MakeApp
from support.shop import MakeShop, Shop

NOW = datetime(2026, 3, 1, 3, tzinfo=UTC)  # noon in Seoul
GONE = datetime(2026, 6, 1, 15, tzinfo=UTC)  # of a visit of that day
TurnClock = Callable[[datetime], None]
OWNER = "handler@shop.example"


@pytest.fixture
def turn_clock(monkeypatch: pytest.MonkeyPatch) -> TurnClock:
    return lambda instant: monkeypatch.setattr(clock, "now", lambda: instant)


def export(shop: Shop, kind: str = "consents", **chosen: object) -> bytes:
    wanted = Export(kind=kind, format="csv", site_id=shop.id, **chosen)  # type: ignore[arg-type]
    with shop.app.app_context():
        return b"".join(shop.house.exporter.stream(wanted, operator=OWNER, reason="audit"))


def only_copy(shop: Shop) -> ExportedCopy:
    with shop.app.app_context():
        [copy] = open_copies()
        return copy


def test_a_finished_export_is_entered_with_the_hash_of_exactly_its_bytes(
    shop: Shop, turn_clock: TurnClock
) -> None:
    turn_clock(NOW)
    for _ in range(3):
        shop.send_consent(shop.submission())

    file = export(shop, since=NOW - timedelta(days=1), action="accept_all")

    copy = only_copy(shop)
    assert (copy.owner, copy.kind, copy.row_count) == (OWNER, "consents", 3)
    assert (copy.reason, copy.made_at, copy.finished_at) == ("audit", NOW, NOW)
    assert copy.sha256 == hashlib.sha256(file).hexdigest()
    assert copy.chosen == {
        "format": "csv",
        "site": shop.key,
        "since": "2026-02-28T03:00:00+00:00",
        "action": "accept_all",
    }
    assert copy.expires_at == NOW + timedelta(days=30)


def test_a_copy_of_visits_must_go_when_the_first_of_them_is_gone(
    make_shop: MakeShop, turn_clock: TurnClock
) -> None:
    shop = make_shop(export_days=365)
    turn_clock(NOW)
    shop.send_visit(shop.visit())
    turn_clock(NOW + timedelta(days=5))
    shop.send_visit(shop.visit())

    export(shop, "visits")

    assert only_copy(shop).expires_at == GONE


def test_a_copy_of_visits_that_live_long_must_go_after_the_days_of_the_setting(
    make_shop: MakeShop, turn_clock: TurnClock
) -> None:
    shop = make_shop(export_days=7)
    turn_clock(NOW)
    shop.send_visit(shop.visit())

    export(shop, "visits")

    assert only_copy(shop).expires_at == NOW + timedelta(days=7)


def test_an_export_that_is_broken_off_stays_open_with_the_earliest_day_it_could_have(
    shop: Shop, turn_clock: TurnClock
) -> None:
    turn_clock(NOW)
    shop.send_visit(shop.visit())
    with shop.app.app_context():
        wanted = Export(kind="visits", format="csv")
        blocks = shop.house.exporter.stream(wanted, operator=OWNER, reason="audit")
        next(blocks)
        blocks.close()  # type: ignore[attr-defined]

    copy = only_copy(shop)
    assert (copy.finished_at, copy.sha256, copy.row_count) == (None, None, None)
    assert copy.expires_at == datetime(2026, 3, 1, 15, tzinfo=UTC)  # the next midnight


@pytest.mark.parametrize(
    ("since", "expires_at"),
    [
        pytest.param(NOW - timedelta(days=80), datetime(2026, 3, 11, 15, tzinfo=UTC), id="young"),
        pytest.param(NOW - timedelta(days=900), datetime(2026, 3, 1, 15, tzinfo=UTC), id="old"),
        pytest.param(datetime(9999, 12, 31, tzinfo=UTC), NOW + timedelta(days=30), id="future"),
    ],
)
def test_of_a_broken_off_export_the_first_chosen_day_decides(
    shop: Shop, turn_clock: TurnClock, since: datetime, expires_at: datetime
) -> None:
    turn_clock(NOW)
    with shop.app.app_context():
        wanted = Export(kind="visits", format="csv", since=since)
        shop.house.exporter.stream(wanted, operator=OWNER, reason="audit")

    assert only_copy(shop).expires_at == expires_at


def test_a_copy_is_overdue_from_its_last_instant_on_until_it_is_checked_off(
    shop: Shop, turn_clock: TurnClock
) -> None:
    turn_clock(NOW)
    export(shop)
    last = NOW + timedelta(days=30)
    with shop.app.app_context():
        counts = []
        for instant in (last - timedelta(milliseconds=1), last):
            turn_clock(instant)
            counts.append(count_overdue_here())
        reference = open_copies()[0].reference
        check_off(reference, OWNER, may_for_others=False)
        turn_clock(last + timedelta(days=1))
        check_off(reference, "owner@shop.example", may_for_others=True)
        [copy] = destroyed_copies()

    assert counts == [0, 1]
    assert (copy.shredded_at, copy.shredded_by) == (last, OWNER)
    with shop.app.app_context():
        assert (open_copies(), count_overdue_here()) == ([], 0)


def test_only_its_owner_may_check_a_copy_off(shop: Shop) -> None:
    export(shop)

    with shop.app.app_context():
        reference = open_copies()[0].reference
        with pytest.raises(CommandError, match="Only its owner"):
            check_off(reference, "other@shop.example", may_for_others=False)
        with pytest.raises(CommandError, match="There is no export"):
            check_off("export-none", OWNER, may_for_others=True)

    assert only_copy(shop).shredded_at is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE exports SET owner = 'nobody'",
        "UPDATE exports SET made_at = expires_at",
        "UPDATE exports SET shredded_at = NULL, shredded_by = NULL",
        "UPDATE exports SET shredded_by = 'somebody'",
        "DELETE FROM exports",
    ],
)
def test_the_database_keeps_what_an_entry_says(shop: Shop, statement: str) -> None:
    export(shop)
    with shop.app.app_context():
        check_off(open_copies()[0].reference, OWNER, may_for_others=False)
        with pytest.raises(DBAPIError, match="append-only"):
            db.session.execute(text(statement))
        db.session.rollback()


def test_an_entry_goes_a_year_after_its_copy_and_an_open_one_never(
    shop: Shop, turn_clock: TurnClock
) -> None:
    turn_clock(NOW)
    export(shop)
    export(shop)
    with shop.app.app_context():
        first, second = [copy.reference for copy in open_copies()]
        check_off(first, OWNER, may_for_others=False)
    gone = datetime(2027, 3, 1, 15, tzinfo=UTC)

    counts = []
    for instant in (gone - timedelta(milliseconds=1), gone, gone + timedelta(days=3000)):
        turn_clock(instant)
        with shop.app.app_context():
            counts.append(shop.house.retention.run().classes.get("export", 0))

    assert counts == [0, 1, 0]
    assert only_copy(shop).reference == second


def test_what_is_overdue_is_counted_for_prometheus(
    make_app: MakeApp, shop: Shop, turn_clock: TurnClock
) -> None:
    turn_clock(NOW)
    export(shop)
    before = shop.app.test_client().get("/metrics").text
    turn_clock(NOW + timedelta(days=31))

    after = make_app().test_client().get("/metrics").text

    assert "consent_exports_overdue 0.0" in before
    assert "consent_exports_overdue 1.0" in after


def test_the_command_line_lists_copies_and_checks_them_off(
    shop: Shop, runner: FlaskCliRunner, turn_clock: TurnClock
) -> None:
    turn_clock(NOW)
    export(shop)
    early = runner.invoke(export_commands, ["list", "--overdue"])
    turn_clock(NOW + timedelta(days=31))
    late = runner.invoke(export_commands, ["list", "--overdue"])
    [facts] = json.loads(runner.invoke(export_commands, ["list", "--json"]).output)
    refused = runner.invoke(export_commands, ["shred", facts["reference"]], input="n\n")
    done = runner.invoke(export_commands, ["shred", facts["reference"], "--yes"])

    assert (early.exit_code, early.output) == (0, "")
    assert (late.exit_code, "overdue" in late.output) == (1, True)
    assert (facts["rows"], facts["is_overdue"], facts["owner"]) == (0, True, OWNER)
    assert (refused.exit_code, done.exit_code) == (1, 0)
    assert runner.invoke(export_commands, ["list"]).output == ""
