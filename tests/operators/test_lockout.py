"""Five wrong passwords lock an account for fifteen minutes, and nobody can tell from outside."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from consent_server import clock
from consent_server.operators.models import Operator
from consent_server.operators.services import reset_password
from consent_server.storage.database import db
from support.console import PASSWORD, Console
from support.shop import Shop

WRONG = "not the password"


@pytest.fixture
def turn_clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Moves the time of the service forward."""
    turned = timedelta()
    real_now = clock.now

    def turn(by: timedelta) -> None:
        nonlocal turned
        turned += by
        monkeypatch.setattr(clock, "now", lambda: real_now() + turned)

    return turn


def fail(console: Console, times: int) -> None:
    for _ in range(times):
        assert console.sign_in(password=WRONG).status_code == 200


def test_four_failures_do_not_lock(stranger: Console) -> None:
    fail(stranger, 4)

    assert stranger.sign_in().status_code == 302


def test_success_forgives_earlier_failures(stranger: Console) -> None:
    fail(stranger, 4)
    stranger.sign_in()
    stranger.sign_out()
    fail(stranger, 4)

    assert stranger.sign_in().status_code == 302


def test_the_fifth_failure_locks_and_looks_like_any_other(stranger: Console) -> None:
    fail(stranger, 5)

    answer = stranger.sign_in()

    assert answer.status_code == 200
    assert answer.text.count('role="alert"') == 1
    assert stranger.get("/admin/").status_code == 302
    assert "sign-in.locked" in [act.act for act in stranger.acts()]


def test_a_locked_account_opens_again_after_fifteen_minutes(
    stranger: Console, turn_clock: Callable[[timedelta], None]
) -> None:
    fail(stranger, 5)

    turn_clock(timedelta(minutes=14, seconds=30))
    early = stranger.sign_in()
    turn_clock(timedelta(seconds=30))
    in_time = stranger.sign_in()

    assert early.status_code == 200
    assert in_time.status_code == 302


def test_failures_while_locked_do_not_prolong_the_lock(
    stranger: Console, turn_clock: Callable[[timedelta], None]
) -> None:
    fail(stranger, 5)
    turn_clock(timedelta(minutes=10))
    fail(stranger, 6)
    turn_clock(timedelta(minutes=5))

    assert stranger.sign_in().status_code == 302


def test_a_new_password_unlocks(app: Flask, stranger: Console) -> None:
    fail(stranger, 5)
    with app.app_context():
        reset_password(stranger.email, "another long pass phrase")

    assert stranger.sign_in(password="another long pass phrase").status_code == 302


def test_the_right_password_of_a_locked_account_stands_in_the_access_log(
    stranger: Console,
) -> None:
    fail(stranger, 5)
    stranger.sign_in()

    assert [act.act for act in stranger.acts()][-2:] == ["sign-in.locked", "sign-in.failed"]
    assert stranger.acts()[-1].operator == stranger.email


def test_a_failure_is_counted_though_others_write_meanwhile(
    app: Flask, stranger: Console, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A transaction that began by reading could not write any more (SQLITE_BUSY_SNAPSHOT)."""
    check = Operator.verify_and_update_password

    def check_while_visits_come_in(operator: Operator, password: str) -> bool:
        assert shop.send_visit(shop.visit()).status_code == 204
        return bool(check(operator, password))

    monkeypatch.setattr(Operator, "verify_and_update_password", check_while_visits_come_in)

    fail(stranger, 2)
    welcome = stranger.sign_in()

    assert welcome.status_code == 302
    with app.app_context():
        operator = app.extensions["security"].datastore.find_user(email=stranger.email)
        assert operator.failed_sign_ins == 0


def test_failures_in_two_processes_add_up(
    app: Flask, stranger: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of two processes reads 3 failures; together they make 5."""
    fail(stranger, 3)
    check = Operator.verify_and_update_password

    def check_after_another_failed(operator: Operator, password: str) -> bool:
        with app.app_context(), db.engine.begin() as other_process:
            other_process.execute(update(Operator).values(failed_sign_ins=4))
        return bool(check(operator, password))

    monkeypatch.setattr(Operator, "verify_and_update_password", check_after_another_failed)

    fail(stranger, 1)
    monkeypatch.undo()

    assert stranger.sign_in(PASSWORD).status_code == 200
