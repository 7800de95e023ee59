"""A visitor who withdraws: their visits are gone at once, for good, in both databases."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, text

from consent_server import clock
from consent_server.certificates.services import newest_certificates
from consent_server.storage.copies.backup import back_up
from consent_server.storage.database import ARCHIVE, db, table_of
from consent_server.visits import removal
from consent_server.visits.erasure import Erased, RefusedUntil
from consent_server.visits.models import ArchivedVisit, Visit
from support.apps import MakeApp
from support.bases import known_visitor, on_basis, rows
from support.shop import Shop

RECORDED = datetime(2026, 1, 15, 0, 30, tzinfo=UTC)
GONE = datetime(2026, 4, 15, 15, tzinfo=UTC)
TurnClock = Callable[[datetime], None]


@pytest.fixture
def turn_clock(monkeypatch: pytest.MonkeyPatch) -> TurnClock:
    return lambda instant: monkeypatch.setattr(clock, "now", lambda: instant)


def withdraw(shop: Shop, token: str, **changes: Any) -> dict[str, Any]:
    body = shop.refusal(action="withdraw", visitor=token) | changes
    answer: dict[str, Any] = json.loads(shop.send_consent(body).data)
    return answer


def move_to_archive(shop: Shop) -> None:
    """Moves every visit as the job does."""
    with shop.app.app_context():
        with db.engine.begin() as connection:
            found = connection.execute(select(table_of(Visit))).mappings().all()
            connection.execute(table_of(Visit).delete())
        for row in found:
            shop.house.partitions[1].ensure(row["gone_at"])
        with db.engines[ARCHIVE].begin() as connection:
            new = [{name: row[name] for name in row if name != "id"} for row in found]
            connection.execute(insert(ArchivedVisit), new)


def run_retention(shop: Shop) -> None:
    with shop.app.app_context():
        shop.house.retention.run()


@pytest.mark.parametrize("basis", ["legitimate_interest", "consent", "off"])
def test_a_withdrawal_removes_the_visits_of_that_visitor_from_both_databases(
    shop: Shop, basis: str
) -> None:
    on_basis(shop, "legitimate_interest")
    token, other = known_visitor(shop), known_visitor(shop)
    shop.send_visit(shop.visit(visitor=token))
    move_to_archive(shop)
    for visitor in (token, token, other, None):
        shop.send_visit(shop.visit(visitor=visitor))
    on_basis(shop, basis)

    told = withdraw(shop, token)["visits"]

    assert (told["basis"], told["erased"]) == (basis, True)
    assert set(told["reason"]) == {"ko", "en"}
    assert (rows(shop), rows(shop, "archived_visits")) == (2, 0)


def test_under_a_legal_duty_nothing_is_removed_and_the_answer_says_why_and_until_when(
    shop: Shop, turn_clock: TurnClock
) -> None:
    turn_clock(RECORDED)
    token = known_visitor(shop)
    shop.send_visit(shop.visit(visitor=token))

    told = withdraw(shop, token)["visits"]

    assert (told["basis"], told["erased"]) == ("legal_duty", False)
    assert told["until"] == "2026-04-15T15:00:00.000Z"
    assert "37(4)" in told["law"]
    assert "2026년 4월 16일 00:00(Asia/Seoul)" in told["reason"]["ko"]
    assert "2026-04-16 00:00 (Asia/Seoul)" in told["reason"]["en"]
    assert rows(shop) == 1


def test_by_consent_a_refusal_of_the_purpose_alone_removes_them(shop: Shop) -> None:
    on_basis(shop, "consent")
    token = known_visitor(shop)
    shop.send_visit(shop.visit(visitor=token))
    only = {"functional": True, "analytics": False, "marketing": True}

    shop.send_consent(shop.submission(visitor=token, action="customise", decisions=only))

    assert rows(shop) == 0


@pytest.mark.parametrize("basis", ["legal_duty", "legitimate_interest"])
def test_on_another_basis_a_refusal_says_nothing_about_visits(shop: Shop, basis: str) -> None:
    on_basis(shop, basis)
    token = known_visitor(shop)
    shop.send_visit(shop.visit(visitor=token))

    answer = json.loads(shop.send_consent(shop.refusal(visitor=token)).data)

    assert "visits" not in answer
    assert rows(shop) == 1


def test_a_withdrawal_sent_again_gets_the_same_answer(shop: Shop) -> None:
    on_basis(shop, "legitimate_interest")
    token = known_visitor(shop)
    shop.send_visit(shop.visit(visitor=token))
    body = shop.refusal(action="withdraw", visitor=token)

    answers = [json.loads(shop.send_consent(body).data) for _ in range(2)]

    assert answers[0] == answers[1]


def test_another_site_of_the_same_deployment_keeps_its_visits(shop: Shop, other_shop: Shop) -> None:
    on_basis(shop, "legitimate_interest")
    token, foreign = known_visitor(shop), uuid.uuid4()
    visitor_id = shop.house.signatures.visitor_id(shop.key, token)
    there = shop.house.signatures.visitor_token(other_shop.key, visitor_id, clock.now())
    other_shop._send("/v1/visits", other_shop.visit(visitor=there), origin="https://other.example")

    withdraw(shop, token, submission_id=str(foreign))

    assert rows(shop) == 1


def test_many_visits_go_in_small_pieces(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(removal, "_CHUNK_ROWS", 2)
    on_basis(shop, "legitimate_interest")
    token = known_visitor(shop)
    for _ in range(5):
        shop.send_visit(shop.visit(visitor=token))

    withdraw(shop, token)

    assert rows(shop) == 0


def test_a_visit_that_was_on_its_way_is_removed_by_the_next_run(
    shop: Shop, turn_clock: TurnClock
) -> None:
    on_basis(shop, "consent")
    turn_clock(RECORDED)
    token = known_visitor(shop)
    shop.send_visit(shop.visit(visitor=token))
    with shop.app.app_context(), db.engine.connect() as connection:
        late = dict(connection.execute(select(table_of(Visit))).mappings().one())
    turn_clock(RECORDED + timedelta(seconds=1))
    withdraw(shop, token)
    with shop.app.app_context(), db.engine.begin() as connection:
        connection.execute(insert(Visit), [late | {"visit_id": uuid.uuid4()}])
    came_late = rows(shop)

    turn_clock(RECORDED + timedelta(seconds=30))
    run_retention(shop)

    assert (came_late, rows(shop)) == (1, 0)


def test_visits_after_an_erasure_stay(shop: Shop, turn_clock: TurnClock) -> None:
    on_basis(shop, "legitimate_interest")
    turn_clock(RECORDED)
    token = known_visitor(shop)
    shop.send_visit(shop.visit(visitor=token))
    withdraw(shop, token)

    turn_clock(RECORDED + timedelta(hours=1))
    shop.send_visit(shop.visit(visitor=token))
    run_retention(shop)

    assert rows(shop) == 1


@pytest.mark.parametrize("where", ["visits", "archived_visits"])
def test_a_database_restored_from_before_an_erasure_loses_the_visits_again(
    shop: Shop, turn_clock: TurnClock, where: str
) -> None:
    on_basis(shop, "legitimate_interest")
    turn_clock(RECORDED)
    token, other = known_visitor(shop), known_visitor(shop)
    for visitor in (token, other):
        shop.send_visit(shop.visit(visitor=visitor))
    if where == "archived_visits":
        move_to_archive(shop)
    copy = everything_of(shop, where)
    withdraw(shop, token)
    turn_clock(RECORDED + timedelta(hours=1))
    run_retention(shop)
    run_retention(shop)

    restore(shop, where, copy)
    revived = rows(shop, where)
    run_retention(shop)

    assert (revived, rows(shop, where)) == (2, 1)


def everything_of(shop: Shop, table: str) -> list[dict[str, Any]]:
    visits = table_of(Visit if table == "visits" else ArchivedVisit)
    with shop.app.app_context():
        engine = db.engine if table == "visits" else db.engines[ARCHIVE]
        with engine.connect() as connection:
            return [dict(row) for row in connection.execute(select(visits)).mappings()]


def restore(shop: Shop, table: str, copy: list[dict[str, Any]]) -> None:
    """Puts visits and the mark of erasures back as they were before."""
    visits = table_of(Visit if table == "visits" else ArchivedVisit)
    marks = "erasures" if table == "visits" else "archived_erasures"
    with shop.app.app_context():
        engine = db.engine if table == "visits" else db.engines[ARCHIVE]
        with engine.begin() as connection:
            connection.execute(visits.delete())
            connection.execute(text(f"DELETE FROM {marks}"))
            if connection.dialect.name == "sqlite" and table == "visits":
                connection.execute(text("DELETE FROM recent_visits"))
            connection.execute(insert(visits), copy)


def test_a_process_that_dies_after_the_decision_leaves_the_rest_to_the_next_run(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_basis(shop, "legitimate_interest")
    token = known_visitor(shop)
    shop.send_visit(shop.visit(visitor=token))

    def die(*_: object) -> int:
        raise SystemExit("killed")

    with monkeypatch.context() as patch:
        patch.setattr(type(shop.house.eraser.removal), "remove", die)
        with pytest.raises(SystemExit):
            withdraw(shop, token)
    left = rows(shop)
    run_retention(shop)

    assert (left, rows(shop)) == (1, 0)


def test_a_journal_that_cannot_be_written_is_a_503_and_the_withdrawal_is_not_recorded(
    shop: Shop,
) -> None:
    on_basis(shop, "legitimate_interest")
    token = known_visitor(shop)
    shop.send_visit(shop.visit(visitor=token))
    folder = shop.house.settings.keys_dir / "erased"
    folder.write_text("a file is in the way, as a full or lost disk would be")

    answer = shop.send_consent(shop.refusal(action="withdraw", visitor=token))

    assert answer.status_code == 503
    assert (rows(shop), rows(shop, "consent_records")) == (1, 1)
    folder.unlink()


def test_the_verb_says_what_it_did(shop: Shop, turn_clock: TurnClock) -> None:
    turn_clock(RECORDED)
    token = known_visitor(shop)
    visitor_id = shop.house.signatures.visitor_id(shop.key, token)
    shop.send_visit(shop.visit(visitor=token))
    eraser = shop.house.eraser

    with shop.app.app_context():
        refused = eraser.erase(shop.house.sites.site(shop.key), visitor_id)
        site = on_basis(shop, "consent").house.sites.site(shop.key)
        erased = [eraser.erase(site, visitor_id) for _ in range(2)]

    assert refused == RefusedUntil("legal_duty", GONE)
    assert erased == [Erased("consent", 1), Erased("consent", 0)]


def test_each_batch_is_certified_once_without_a_word_about_whom(
    shop: Shop, turn_clock: TurnClock
) -> None:
    on_basis(shop, "legitimate_interest")
    turn_clock(RECORDED)
    tokens = [known_visitor(shop) for _ in range(2)]
    for token in tokens:
        shop.send_visit(shop.visit(visitor=token))
        withdraw(shop, token)

    for _ in range(2):
        run_retention(shop)
    with shop.app.app_context():
        [certificate] = newest_certificates()

    assert (certificate.reason, certificate.records) == ("withdrawal", 2)
    assert (certificate.day, certificate.sites) == (RECORDED.date(), {})


def test_the_journal_of_a_day_goes_with_its_key(shop: Shop, turn_clock: TurnClock) -> None:
    on_basis(shop, "legitimate_interest")
    turn_clock(RECORDED)
    token = known_visitor(shop)
    shop.send_visit(shop.visit(visitor=token))
    withdraw(shop, token)
    run_retention(shop)
    kept = shop.house.eraser.journal.days()

    turn_clock(GONE)
    run_retention(shop)
    run_retention(shop)

    assert kept == [RECORDED.date()]
    assert shop.house.eraser.journal.days() == []
    assert rows(shop, "erasures") == 0


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_after_an_erasure_on_sqlite_no_file_holds_a_byte_of_the_rows(shop: Shop) -> None:
    on_basis(shop, "legitimate_interest")
    token = known_visitor(shop)
    for _ in range(20):
        shop.send_visit(shop.visit(visitor=token))
    marks = [row["payload"] for row in everything_of(shop, "visits")]
    home = shop.house.settings.home

    withdraw(shop, token)

    files = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
    assert len(marks) == 20
    assert sum(mark in files for mark in marks) == 0


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_a_backup_put_back_is_cleaned_by_the_first_run(
    shop: Shop, make_app: MakeApp, tmp_path: Path
) -> None:
    on_basis(shop, "legitimate_interest")
    token, other = known_visitor(shop), known_visitor(shop)
    for visitor in (token, other):
        shop.send_visit(shop.visit(visitor=visitor))
    old, _ = back_up(shop.house.settings, tmp_path / "old")
    withdraw(shop, token)
    shop.house.writer.close()
    path = shop.house.settings.database_url.removeprefix("sqlite:///")
    with shop.app.app_context():
        db.engine.dispose()
    for ending in ("-wal", "-shm"):
        Path(path + ending).unlink(missing_ok=True)
    shutil.copy(old, path)

    again = Shop(make_app(), shop.key, shop.id)
    revived = rows(again)
    run_retention(again)

    assert (revived, rows(again)) == (2, 1)
