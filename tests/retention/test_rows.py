"""Classes that go by months: destroyed on the day, refused by the database a day before."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from consent_server import clock
from consent_server.audit.services import Act, record_act
from consent_server.certificates.services import newest_certificates
from consent_server.consents.schemas import decoder
from consent_server.consents.services import ConsentFilter, find_consent, list_consents
from consent_server.retention import rows as rows_module
from consent_server.retention import whole_months
from consent_server.retention.rows import ClassRows
from consent_server.reviews.verifying import Verified, verify_log
from consent_server.storage.database import db
from consent_server.storage.limits import stated_limit
from support.apps import EngineName, MakeApp
from support.shop import MakeShop, Shop

SEOUL = ZoneInfo("Asia/Seoul")
DONE = datetime(2026, 1, 15, 12, tzinfo=SEOUL)
GONE = datetime(2027, 2, 1, tzinfo=SEOUL)  # the rest of its month, and twelve more
GRANT_GONE = datetime(2029, 2, 1, tzinfo=SEOUL)
TurnClock = Callable[[datetime], None]


@pytest.fixture
def turn_clock(monkeypatch: pytest.MonkeyPatch) -> TurnClock:
    return lambda instant: monkeypatch.setattr(clock, "now", lambda: instant)


def act(shop: Shop, name: str, at: datetime, turn_clock: TurnClock) -> None:
    turn_clock(at)
    with shop.app.app_context():
        record_act(Act(operator="someone@shop.example", act=name))


def acts(shop: Shop) -> list[str]:
    with shop.app.app_context():
        query = text("SELECT act FROM access_log WHERE act <> 'site.add' ORDER BY id")
        return list(db.session.scalars(query))


def run(shop: Shop) -> dict[str, int]:
    with shop.app.app_context():
        return dict(shop.house.retention.run().classes)


def test_a_month_of_the_access_log_is_there_a_millisecond_before_its_end_and_gone_at_it(
    shop: Shop, turn_clock: TurnClock
) -> None:
    act(shop, "visits.view", DONE, turn_clock)
    act(shop, "visits.view", DONE + timedelta(days=17), turn_clock)

    turn_clock(GONE - timedelta(milliseconds=1))
    early, left_early = run(shop), len(acts(shop))
    turn_clock(GONE)
    with shop.app.app_context():
        overdue = shop.house.retention.check()
    on_time = run(shop)
    with shop.app.app_context():
        after = shop.house.retention.check()

    assert (early, left_early) == ({}, 2)
    assert (overdue.classes, overdue.total) == ({"access_log": 1}, 1)
    assert on_time == {"access_log": 1}
    assert (len(acts(shop)), after.total) == (1, 0)


def test_what_was_granted_to_operators_stays_for_three_years(
    shop: Shop, turn_clock: TurnClock
) -> None:
    act(shop, "operator.add", DONE, turn_clock)
    act(shop, "sign-in", DONE, turn_clock)

    turn_clock(GRANT_GONE - timedelta(milliseconds=1))
    first, left = run(shop), acts(shop)
    turn_clock(GRANT_GONE)

    assert (first, left) == ({"access_log": 1}, ["operator.add"])
    assert run(shop) == {"grant_history": 1}
    assert acts(shop) == []


def test_two_years_are_kept_where_the_setting_says_so(
    make_shop: MakeShop, turn_clock: TurnClock
) -> None:
    shop = make_shop(access_log_months=24)
    act(shop, "visits.view", DONE, turn_clock)

    turn_clock(GONE.replace(year=2028) - timedelta(milliseconds=1))
    early = run(shop)
    turn_clock(GONE.replace(year=2028))

    assert (early, run(shop)) == ({}, {"access_log": 1})


@pytest.mark.parametrize(
    ("name", "at", "is_gone"),
    [
        pytest.param("visits.view", GONE - timedelta(days=367), True, id="old enough"),
        pytest.param("visits.view", GONE - timedelta(days=30), False, id="young"),
        pytest.param("operator.add", GONE - timedelta(days=400), False, id="of another class"),
    ],
)
def test_the_database_lets_go_what_is_over_and_refuses_what_is_younger(
    shop: Shop, turn_clock: TurnClock, name: str, at: datetime, is_gone: bool
) -> None:
    """Whatever limit is stated: as the engine would, or a bug that states the present."""
    act(shop, name, at, turn_clock)
    refusals = []
    with shop.app.app_context():
        for before in (GONE - timedelta(days=365), GONE):
            try:
                with (
                    db.engine.execution_options(writes=True).begin() as connection,
                    stated_limit(connection, "access_log", before=before, now=GONE),
                ):
                    connection.execute(text(f"DELETE FROM access_log WHERE act = '{name}'"))
            except DBAPIError as error:
                refusals.append("append-only" in str(error.orig))

    assert (name not in acts(shop)) == is_gone
    assert refusals == ([] if is_gone else [True, True])


def test_without_a_limit_nothing_can_be_deleted_however_old(
    shop: Shop, turn_clock: TurnClock
) -> None:
    act(shop, "visits.view", DONE.replace(year=2001), turn_clock)

    with shop.app.app_context():
        run_result = db.session.execute(text("SELECT count(*) FROM destruction_limits"))
        assert run_result.scalar_one() == 0
        with pytest.raises(DBAPIError, match="append-only"):
            db.session.execute(text("DELETE FROM access_log"))
        db.session.rollback()

    assert acts(shop) == ["visits.view"]


def test_a_run_leaves_no_limit_behind_and_one_that_fails_neither(
    shop: Shop, turn_clock: TurnClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    act(shop, "visits.view", DONE, turn_clock)
    act(shop, "sign-in", DONE, turn_clock)
    turn_clock(GONE)
    late = GONE.replace(month=3)
    monkeypatch.setattr(rows_module, "whole_months_before", lambda *_: late)  # a bug
    shop.send_consent(shop.submission())
    act(shop, "sign-out", GONE, turn_clock)

    with shop.app.app_context():
        with pytest.raises(DBAPIError, match="append-only"):
            shop.house.retention.run()
        limits = db.session.execute(text("SELECT count(*) FROM destruction_limits")).scalar_one()

    assert limits == 0
    assert "sign-out" in acts(shop)


def test_a_run_that_is_cut_off_is_finished_by_the_next(
    shop: Shop, turn_clock: TurnClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whole_months, "_CHUNK_ROWS", 2)
    for _ in range(5):
        act(shop, "visits.view", DONE, turn_clock)
    turn_clock(GONE)
    real = rows_module._remove
    calls: list[int] = []

    def cut_off(*arguments: Any) -> int:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*arguments)

    monkeypatch.setattr(rows_module, "_remove", cut_off)
    with shop.app.app_context():
        rows = ClassRows(DirectRun(), shop.house.classes, SEOUL, shop.house.certificate_key)  # type: ignore[arg-type]
        with pytest.raises(KeyboardInterrupt):
            rows.destroy(GONE)
        left = len(acts(shop))
        done = rows.destroy(GONE)
        [certificate] = newest_certificates()

    assert left == 3
    assert done == {"access_log": 3}
    assert acts(shop) == []
    assert (certificate.record_class, certificate.records) == ("access_log", 5)


def test_each_month_that_goes_has_a_certificate_and_what_is_left_still_verifies(
    shop: Shop, turn_clock: TurnClock
) -> None:
    for name in ("operator.add", "visits.view", "operator.grant"):
        act(shop, name, DONE, turn_clock)
    act(shop, "sign-in", DONE + timedelta(days=20), turn_clock)
    turn_clock(GONE)

    run(shop)
    run(shop)
    with shop.app.app_context():
        issued = newest_certificates()
        faults = list(verify_log(shop.house.reviewer, Verified()))
        kept_in_mind = db.session.execute(text("SELECT count(*) FROM open_destructions"))

        assert kept_in_mind.scalar_one() == 0
    assert [(c.record_class, str(c.day), c.records) for c in issued] == [
        ("access_log", "2026-01-01", 1)
    ]
    assert acts(shop) == ["operator.add", "operator.grant", "sign-in"]
    assert faults == []


def test_a_month_that_vanished_without_a_certificate_is_missed(
    shop: Shop, turn_clock: TurnClock
) -> None:
    act(shop, "visits.view", DONE, turn_clock)
    act(shop, "sign-in", DONE + timedelta(days=20), turn_clock)

    with shop.app.app_context():
        with (
            db.engine.execution_options(writes=True).begin() as connection,
            stated_limit(connection, "access_log", before=GONE, now=GONE + timedelta(days=400)),
        ):
            connection.execute(text("DELETE FROM access_log WHERE act <> 'sign-in'"))
        faults = list(verify_log(shop.house.reviewer, Verified()))

    assert [fault.fault for fault in faults] == ["missing"]


class DirectRun:
    """Carries work out in the caller's own thread, which an interrupt can reach."""

    def run(self, work: Callable[[Any], int]) -> int:
        with db.engine.execution_options(writes=True).begin() as connection:
            return work(connection)


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_no_byte_of_a_destroyed_entry_is_left_in_the_files(
    shop: Shop, turn_clock: TurnClock, engine_name: EngineName
) -> None:
    turn_clock(DONE)
    with shop.app.app_context():
        record_act(Act(operator="marked@shop.example", act="visits.view", reason="MARKED-REASON"))
    turn_clock(GONE)

    run(shop)

    files = [file for file in shop.house.settings.home.rglob("*") if file.is_file()]
    assert [file for file in files if b"MARKED-REASON" in file.read_bytes()] == []
    with closing(sqlite3.connect(shop.house.settings.home / "consent.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


FIRST = datetime(2026, 1, 15, 12, tzinfo=SEOUL)
SECOND = datetime(2026, 2, 10, 12, tzinfo=SEOUL)
REPLACED_GONE = datetime(2026, 5, 11, tzinfo=SEOUL)  # three months after the second decision


def decide(shop: Shop, at: datetime, turn_clock: TurnClock, visitor: str | None = None) -> Any:
    turn_clock(at)
    answer = shop.send_consent(shop.submission(visitor=visitor))
    assert answer.status_code == 201
    return answer.get_json()


def kept(shop: Shop) -> list[str]:
    with shop.app.app_context():
        return [str(row.consent_id) for row in reversed(list_consents(ConsentFilter()))]


def test_consent_records_are_kept_for_good_unless_the_policy_names_an_end(
    shop: Shop, turn_clock: TurnClock
) -> None:
    first = decide(shop, FIRST, turn_clock)
    second = decide(shop, SECOND, turn_clock, first["token"])

    turn_clock(FIRST.replace(year=2056))
    done = run(shop)

    assert "consent" not in done
    assert kept(shop) == [first["consent_id"], second["consent_id"]]


def test_a_consent_record_goes_months_after_a_later_one_replaced_it_and_that_one_stays(
    make_shop: MakeShop, turn_clock: TurnClock
) -> None:
    shop = make_shop(consent_months=3)
    first = decide(shop, FIRST, turn_clock)
    second = decide(shop, SECOND, turn_clock, first["token"])
    other = decide(shop, FIRST, turn_clock)

    turn_clock(REPLACED_GONE - timedelta(milliseconds=1))
    early = run(shop)
    turn_clock(REPLACED_GONE)
    done = run(shop)

    assert (early, done) == ({}, {"consent": 1})
    assert kept(shop) == [second["consent_id"], other["consent_id"]]
    with shop.app.app_context():
        site = shop.house.sites.site(shop.key)
        current = shop.house.consents.current(site, first["token"])
        assert str(current["consent_id"]) == second["consent_id"]
        again = shop.house.consents.asked_again(site, current)
        assert again is not None
        assert not again
        assert find_consent(current["consent_id"]).digest == current["digest"]


def test_the_last_record_goes_months_after_its_validity_ended(
    make_shop: MakeShop, turn_clock: TurnClock
) -> None:
    shop = make_shop(consent_months=1)
    decide(shop, FIRST, turn_clock)
    ends = FIRST + timedelta(days=182)
    gone = datetime(2026, 8, 17, tzinfo=SEOUL)  # 16 July is the last day; the whole month after

    turn_clock(ends)
    at_the_end = run(shop)
    turn_clock(gone - timedelta(milliseconds=1))
    early = run(shop)
    turn_clock(gone)

    assert (at_the_end, early, run(shop)) == ({}, {}, {"consent": 1})
    assert kept(shop) == []


def test_of_a_chain_of_decisions_the_later_never_goes_before_the_earlier(
    make_shop: MakeShop, turn_clock: TurnClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An older record of longer validity would otherwise count again."""
    shop = make_shop(consent_months=1, choice_days=1000)
    first = decide(shop, FIRST, turn_clock)
    recorder = replace(shop.house.consents, choice_days=7)
    site = shop.house.sites.site(shop.key)
    monkeypatch.setattr(rows_module, "_CHUNK_ROWS", 1)
    tokens = [first["token"]]
    for day in range(1, 4):
        turn_clock(FIRST + timedelta(days=day))
        body = shop.submission(visitor=tokens[-1])
        with shop.app.app_context():
            tokens.append(_record(recorder, site, body)["token"])
    seen: list[int] = []
    real = rows_module._remove

    def note(table: Any, ids: list[int], *rest: Any) -> int:
        seen.extend(ids if table.name == "consent_records" else [])
        return real(table, ids, *rest)

    monkeypatch.setattr(rows_module, "_remove", note)
    turn_clock(FIRST + timedelta(days=90))

    assert run(shop) == {"consent": 4}
    assert seen == sorted(seen)
    assert kept(shop) == []


def _record(recorder: Any, site: Any, body: dict[str, Any]) -> Any:
    return recorder.record(site, decoder.decode(json.dumps(body).encode()))


@pytest.mark.parametrize("states_present", [False, True])
def test_the_database_refuses_to_let_a_record_in_force_go(
    make_shop: MakeShop, turn_clock: TurnClock, states_present: bool
) -> None:
    shop = make_shop(consent_months=1)
    decide(shop, FIRST, turn_clock)
    now = FIRST + timedelta(days=120)  # valid for two months more

    with (
        shop.app.app_context(),
        pytest.raises(DBAPIError, match="append-only"),
        db.engine.execution_options(writes=True).begin() as connection,
        stated_limit(
            connection,
            "consent_records",
            before=now if states_present else now - timedelta(days=31),
            now=now,
        ),
    ):
        connection.execute(text("DELETE FROM consent_records"))

    assert len(kept(shop)) == 1


def test_a_walk_that_was_finished_is_not_repeated_before_midnight(
    make_app: MakeApp, shop: Shop, turn_clock: TurnClock
) -> None:
    turn_clock(GONE)
    run(shop)
    act(shop, "visits.view", DONE, turn_clock)  # by a clock that is behind

    turn_clock(GONE + timedelta(hours=23))
    same_day = run(shop)
    turn_clock(GONE + timedelta(days=1))

    assert (same_day, run(shop)) == ({}, {"access_log": 1})
