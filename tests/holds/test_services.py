"""Legal holds: copies that outlive their day, under a key that ends with the case."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, text

from consent_server import clock
from consent_server.audit.services import recent_acts
from consent_server.certificates.services import newest_certificates
from consent_server.errors import CommandError
from consent_server.holds.keeping import HELD, HOLDS, key_of
from consent_server.holds.rules import LONGEST, NewHold
from consent_server.holds.shown import Hold
from consent_server.storage.database import ARCHIVE, db
from consent_server.visits.services import VisitFilter
from support.bases import known_visitor, on_basis, rows
from support.shop import Shop

RECORDED = datetime(2026, 1, 15, 0, 30, tzinfo=UTC)
NEXT_DAY = RECORDED + timedelta(days=1)
GONE = datetime(2026, 4, 15, 15, tzinfo=UTC)
ENDS = datetime(2026, 6, 1, tzinfo=UTC)
ADDRESS = "203.0.113.77"
TurnClock = Callable[[datetime], None]


@pytest.fixture(autouse=True)
def turn_clock(monkeypatch: pytest.MonkeyPatch) -> TurnClock:
    def turn(instant: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: instant)

    turn(RECORDED)
    return turn


@pytest.fixture(autouse=True)
def in_app(shop: Shop) -> Iterator[None]:
    with shop.app.app_context():
        yield


def new(shop: Shop, **changes: Any) -> NewHold:
    hold = NewHold(
        name="Case 7",
        basis="court",
        reference="2026Ka-hap 1234",
        officer="J. Kim, legal",
        site_id=shop.id,
        ends_at=ENDS,
        reason="order of the court",
    )
    return replace(hold, **changes)


def opened(shop: Shop, **changes: Any) -> Hold:
    return shop.house.holds.open(new(shop, **changes), "owner@shop.example")


def visit(shop: Shop, address: str = ADDRESS, **changes: Any) -> None:
    shop.send_visit(shop.visit(**changes), environ_base={"REMOTE_ADDR": address})


def addresses(shop: Shop, hold: Hold) -> list[str]:
    views = shop.house.holds.read_held(hold.hold_id, "owner@shop.example", "for the court")
    return sorted(view.payload.ip for view in views)


def run(shop: Shop) -> None:
    shop.house.retention.run()


def test_held_visits_outlive_their_day_and_the_originals_do_not(
    shop: Shop, turn_clock: TurnClock
) -> None:
    visit(shop)
    hold = opened(shop)
    turn_clock(NEXT_DAY)
    run(shop)

    turn_clock(GONE)
    run(shop)

    assert (rows(shop), rows(shop, "archived_visits")) == (0, 0)
    assert shop.house.reader.newest(VisitFilter()) == []
    assert addresses(shop, hold) == [ADDRESS]


def test_a_hold_on_an_address_keeps_its_visits_only(shop: Shop) -> None:
    visit(shop)
    visit(shop, "198.51.100.9")

    hold = opened(shop, narrowed_by="address", sought=f" ::ffff:{ADDRESS} ")

    assert addresses(shop, hold) == [ADDRESS]


def test_a_hold_on_a_visitor_keeps_their_visits_only_new_ones_with_the_next_run(
    shop: Shop,
) -> None:
    token = known_visitor(shop)
    visitor_id = shop.house.signatures.visitor_id(shop.key, token)
    visit(shop, visitor=token)
    visit(shop, "198.51.100.9")
    hold = opened(shop, narrowed_by="visitor", sought=str(visitor_id))
    at_once = addresses(shop, hold)

    visit(shop, "198.51.100.10", visitor=token)
    run(shop)

    assert at_once == [ADDRESS]
    assert addresses(shop, hold) == ["198.51.100.10", ADDRESS]


def test_a_hold_on_a_period_keeps_its_visits_only(shop: Shop, turn_clock: TurnClock) -> None:
    for day in range(3):
        turn_clock(RECORDED + timedelta(days=day))
        visit(shop, f"198.51.100.{day}")

    hold = opened(shop, since=NEXT_DAY, until=NEXT_DAY + timedelta(hours=1))

    assert addresses(shop, hold) == ["198.51.100.1"]


def test_visits_that_come_while_it_holds_are_added_when_their_day_is_over(
    shop: Shop, turn_clock: TurnClock
) -> None:
    hold = opened(shop)
    visit(shop)
    run(shop)
    same_day = addresses(shop, hold)

    turn_clock(NEXT_DAY)
    run(shop)
    run(shop)

    assert (same_day, addresses(shop, hold)) == ([], [ADDRESS])


def test_a_big_hold_is_finished_by_the_job(
    shop: Shop, turn_clock: TurnClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("consent_server.holds.keeping._PAGE_ROWS", 2)
    monkeypatch.setattr("consent_server.holds.services._AT_ONCE_ROWS", 2)
    for number in range(5):
        visit(shop, f"198.51.100.{number}")
    hold = opened(shop)
    at_once = len(addresses(shop, hold))

    turn_clock(NEXT_DAY)
    run(shop)

    assert (at_once, len(addresses(shop, hold))) == (2, 5)


def test_what_a_visitor_has_erased_stays_in_a_hold_that_covers_it(
    shop: Shop, turn_clock: TurnClock
) -> None:
    on_basis(shop, "legitimate_interest")
    hold = opened(shop)
    token = known_visitor(shop)
    visit(shop, visitor=token)

    shop.send_consent(shop.refusal(action="withdraw", visitor=token))

    assert rows(shop) == 0
    assert addresses(shop, hold) == [ADDRESS]


def test_nothing_is_held_in_clear(shop: Shop) -> None:
    visit(shop)
    opened(shop, narrowed_by="address", sought=ADDRESS)

    with db.engines[ARCHIVE].connect() as connection:
        cells = [
            str(bytes(cell) if isinstance(cell, memoryview) else cell)
            for table in ("legal_holds", "held_visits")
            for row in connection.execute(text(f"SELECT * FROM {table}"))
            for cell in row
        ]

    told = " ".join(cells + [str(vars(act)) for act in recent_acts()])
    for secret in (ADDRESS, "pricing", "iPhone", "Safari"):
        assert secret not in told


def test_a_hold_ends_by_itself_with_its_key_its_visits_and_a_certificate(
    shop: Shop, turn_clock: TurnClock
) -> None:
    visit(shop)
    hold = opened(shop)
    had_key = key_of(hold.hold_id) in shop.house.ring.names()

    turn_clock(ENDS)
    overdue = shop.house.retention.check().held_visits
    with pytest.raises(CommandError, match="over"):
        addresses(shop, hold)
    run(shop)
    run(shop)

    ended = shop.house.holds.find(hold.hold_id)
    assert (had_key, overdue) == (True, 2)  # the hold and its one visit
    assert key_of(hold.hold_id) not in shop.house.ring.names()
    assert rows(shop, "held_visits") == 0
    assert (ended.is_open, ended.held, ended.destroyed_at) == (False, 1, ENDS)
    assert shop.house.retention.check().total == 0
    certificates = [each for each in newest_certificates() if each.reason == "hold_ended"]
    assert [(each.records, each.reference) for each in certificates] == [
        (1, f"hold {hold.hold_id}")
    ]


def test_a_release_ends_it_at_once(shop: Shop) -> None:
    visit(shop)
    hold = opened(shop)

    released = shop.house.holds.release(hold.hold_id, "owner@shop.example", "settled")

    assert (released.is_open, released.held) == (False, 1)
    assert rows(shop, "held_visits") == 0
    assert key_of(hold.hold_id) not in shop.house.ring.names()


def test_an_extension_moves_the_end_and_is_bounded(shop: Shop, turn_clock: TurnClock) -> None:
    visit(shop)
    hold = opened(shop)
    keeper = shop.house.holds
    later = ENDS + timedelta(days=30)

    keeper.extend(hold.hold_id, later, "owner@shop.example", "the case goes on")
    with pytest.raises(CommandError, match="within a year"):
        keeper.extend(hold.hold_id, RECORDED + LONGEST * 2, "owner@shop.example", "for good")
    turn_clock(ENDS)
    run(shop)
    still = addresses(shop, hold)
    turn_clock(later)
    run(shop)

    assert still == [ADDRESS]
    assert rows(shop, "held_visits") == 0


def test_every_step_is_in_the_access_log_with_its_reason(shop: Shop, turn_clock: TurnClock) -> None:
    visit(shop)
    hold, keeper = opened(shop), shop.house.holds
    addresses(shop, hold)
    keeper.extend(hold.hold_id, ENDS + timedelta(days=1), "owner@shop.example", "goes on")
    keeper.release(hold.hold_id, "owner@shop.example", "settled")

    acts = [
        (act.act, act.reason, act.record_count)
        for act in reversed(recent_acts())
        if act.reference == str(hold.hold_id)
    ]

    assert acts == [
        ("hold.open", "order of the court", None),
        ("hold.read", "for the court", 1),
        ("hold.extend", "goes on", None),
        ("hold.release", "settled", None),
    ]


WRONG = [
    pytest.param({"name": " "}, "name", id="no name"),
    pytest.param({"officer": ""}, "officer", id="no officer"),
    pytest.param({"reference": "x" * 201}, "reference", id="a reference too long"),
    pytest.param({"basis": "curiosity"}, "basis", id="no legal basis"),
    pytest.param({"reason": ""}, "why", id="no reason"),
    pytest.param({"ends_at": RECORDED}, "future", id="over already"),
    pytest.param({"ends_at": RECORDED + LONGEST * 2}, "a year", id="without bound"),
    pytest.param({"narrowed_by": "address", "sought": "10.0.0"}, "no address", id="no address"),
    pytest.param({"narrowed_by": "visitor", "sought": "me"}, "no visitor", id="no visitor"),
    pytest.param({"narrowed_by": "mood"}, "none of", id="narrowed by nothing known"),
    pytest.param({"since": NEXT_DAY, "until": RECORDED}, "before", id="the period is empty"),
]


@pytest.mark.parametrize(("changes", "words"), WRONG)
def test_what_is_no_hold_is_refused_and_nothing_is_written(
    shop: Shop, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(CommandError, match=words):
        opened(shop, **changes)

    assert rows(shop, "legal_holds") == 0


def test_a_read_without_a_reason_is_refused(shop: Shop) -> None:
    hold = opened(shop)

    with pytest.raises(CommandError, match="why"):
        shop.house.holds.read_held(hold.hold_id, "owner@shop.example", " ")


CUT_OFF = ["destroy_all", "certify", "_write_down"]


@pytest.mark.parametrize("step", CUT_OFF)
def test_an_ending_that_is_cut_off_is_finished_by_the_next_run(
    shop: Shop, turn_clock: TurnClock, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    visit(shop)
    hold = opened(shop)
    turn_clock(ENDS)

    def die(*_: object) -> None:
        raise SystemExit("killed")

    with monkeypatch.context() as patch:
        if step == "destroy_all":
            patch.setattr(type(shop.house.ring), step, die)
        elif step == "certify":
            patch.setattr("consent_server.holds.certifying.issue_certificate", die)
        else:
            patch.setattr("consent_server.holds.services._write_down", die)
        with pytest.raises(SystemExit):
            shop.house.holds.run()
    unfinished = shop.house.holds.find(hold.hold_id).destroyed_at
    for _ in range(2):
        run(shop)

    ended = shop.house.holds.find(hold.hold_id)
    certificates = [each for each in newest_certificates() if each.reason == "hold_ended"]
    assert unfinished is None
    assert (ended.held, ended.destroyed_at) == (1, ENDS)
    assert rows(shop, "held_visits") == 0
    assert [each.records for each in certificates] == [1]


def test_an_opening_that_was_cut_off_is_removed_by_the_next_run(
    shop: Shop, turn_clock: TurnClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> bytes:
        raise SystemExit("killed")

    with monkeypatch.context() as patch:
        patch.setattr(type(shop.house.ring), "encrypt", die)
        with pytest.raises(SystemExit):
            opened(shop)
    [begun] = shop.house.holds.all()
    turn_clock(RECORDED + timedelta(minutes=1))
    run(shop)
    soon = shop.house.holds.find(begun.hold_id).destroyed_at
    turn_clock(RECORDED + timedelta(hours=1))
    run(shop)

    assert (begun.is_open, soon) == (False, None)
    assert shop.house.holds.find(begun.hold_id).destroyed_at is not None


def test_an_archive_restored_from_before_the_end_revives_no_hold(
    shop: Shop, turn_clock: TurnClock
) -> None:
    visit(shop)
    hold = opened(shop)
    archive = db.engines[ARCHIVE]
    with archive.connect() as connection:
        copies = {
            table: [dict(row) for row in connection.execute(select(table)).mappings()]
            for table in (HOLDS, HELD)
        }
    shop.house.holds.release(hold.hold_id, "owner@shop.example", "settled")

    with archive.begin() as connection:
        connection.execute(HOLDS.delete())
        for table, found in copies.items():
            connection.execute(insert(table), found)
    turn_clock(NEXT_DAY)
    run(shop)
    unreadable = addresses(shop, hold)
    turn_clock(ENDS)
    run(shop)

    assert unreadable == []
    assert key_of(hold.hold_id) not in shop.house.ring.names()
    assert rows(shop, "held_visits") == 0


def test_a_copy_that_is_late_for_an_ended_hold_is_not_written_and_its_key_goes_again(
    shop: Shop,
) -> None:
    visit(shop)
    hold, keeper = opened(shop), shop.house.holds
    row = keeper._row(hold.hold_id)
    keeper.release(hold.hold_id, "owner@shop.example", "settled")
    shop.house.ring.encrypt("held visit", key_of(hold.hold_id), uuid.uuid4(), b"late")

    written = keeper.keeping._write(
        row, [{"hold_id": hold.hold_id, "visit_id": uuid.uuid4(), "recorded_at": RECORDED,
               "device_class": "pc", "payload": b"late"}],
    )  # fmt: skip
    keeper.run()

    assert written == 0
    assert key_of(hold.hold_id) not in shop.house.ring.names()


def test_the_forecast_knows_when_held_visits_go(shop: Shop) -> None:
    visit(shop)
    opened(shop)

    coming = {each.record_class: each for each in shop.house.retention.forecast()}

    held = coming["held visit"]
    assert (held.gone_at, held.records, held.is_due) == (ENDS, 1, False)


def test_one_damaged_hold_keeps_no_other_waiting(shop: Shop, turn_clock: TurnClock) -> None:
    visit(shop)
    damaged, sound = opened(shop), opened(shop, name="Case 8")
    shop.house.ring.destroy_all([key_of(damaged.hold_id)])
    visit(shop, "198.51.100.9")

    turn_clock(NEXT_DAY)
    run(shop)

    assert addresses(shop, sound) == ["198.51.100.9", ADDRESS]
    assert addresses(shop, damaged) == []
