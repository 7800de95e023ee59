"""Sessions: listed, ended one by one or all, and at once on every change of who may do what."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from consent_server import clock
from consent_server.operators.access_models import OperatorSession
from consent_server.operators.grants import grant_role, grants_of, take_back
from consent_server.operators.models import Operator
from consent_server.operators.services import add_operator, dismiss, reset_password
from consent_server.storage.database import db
from support.apps import MakeApp
from support.console import PASSWORD, Console

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/139.0.0.0 Safari/537.36"
)


def second_browser(console: Console) -> Console:
    other = Console(console.app, console.app.test_client(), console.email)
    other.client.environ_base["HTTP_USER_AGENT"] = CHROME
    assert other.sign_in().status_code == 302
    return other


def is_in(console: Console) -> bool:
    return console.get("/admin/account").status_code == 200


def test_the_account_page_lists_where_one_is_signed_in_and_ends_it(owner: Console) -> None:
    other = second_browser(owner)
    page = owner.get("/admin/account").text
    rows = re.findall(r"<tr><td.*?</tr>", page, re.DOTALL)
    [theirs] = [row for row in rows if "Chrome 139 · Windows" in row]
    [form] = re.findall(r'action="([^"]+)"', theirs)

    owner.send(form, form="/admin/account")

    assert len(rows) == 2
    assert "127.0.0.1" in theirs
    assert (is_in(owner), is_in(other)) == (True, False)
    assert owner.acts()[-1].act == "session.end"


def test_all_others_end_at_once(owner: Console) -> None:
    others = [second_browser(owner), second_browser(owner)]

    owner.send("/admin/account/sessions/end", form="/admin/account")

    assert is_in(owner)
    assert [is_in(other) for other in others] == [False, False]


def test_nobody_ends_the_session_of_another_account(app: Flask, owner: Console) -> None:
    with app.app_context():
        add_operator("viewer@shop.example", PASSWORD, "viewer")
        [owners] = db.session.scalars(select(OperatorSession.id)).all()
    viewer = Console(app, app.test_client(), "viewer@shop.example")
    viewer.sign_in()

    viewer.send(f"/admin/account/sessions/{owners}/end", form="/admin/account")

    assert is_in(owner)


ENDED_BY = {
    "dismissal": lambda email: dismiss(email),
    "another role": lambda email: grant_role(email, "editor", None),
    "a role taken back": lambda email: take_back(grants_of(id_of(email))[0].id),
    "a reset password": lambda email: reset_password(email, "another long pass phrase"),
}


def id_of(email: str) -> int:
    found = db.session.scalar(select(Operator.id).where(Operator.email == email))
    assert found is not None
    return found


@pytest.mark.parametrize("change", ENDED_BY)
def test_on_every_node_a_session_ends_with(
    make_app: MakeApp, owner: Console, handler: Console, change: str
) -> None:
    other_node = make_app()
    assert is_in(handler)

    with other_node.app_context():
        ENDED_BY[change](handler.email)

    assert not is_in(handler)


def test_a_new_password_ends_all_other_sessions_and_keeps_this_one(owner: Console) -> None:
    other = second_browser(owner)

    answer = owner.send(
        "/admin/password",
        form="/admin/password",
        password=PASSWORD,
        new_password="seven purple bicycles",
        new_password_confirm="seven purple bicycles",
    )

    assert answer.location == "/admin/account"
    assert (is_in(owner), is_in(other)) == (True, False)
    assert owner.acts()[-1].act == "password.change"


def test_a_copied_cookie_is_dead_after_sign_out(app: Flask, owner: Console) -> None:
    cookie = owner.client.get_cookie("cs_console", path="/admin")
    assert cookie is not None
    thief = Console(app, app.test_client(), owner.email)
    thief.client.set_cookie("cs_console", cookie.value, path="/admin")
    assert is_in(thief)

    owner.sign_out()

    assert not is_in(thief)


def test_a_planted_cookie_becomes_no_session_and_its_token_opens_no_form(
    app: Flask, stranger: Console
) -> None:
    attacker = Console(app, app.test_client(), "nobody@shop.example")
    token = attacker.token("/admin/sign-in")
    planted = attacker.client.get_cookie("cs_console", path="/admin")
    assert planted is not None
    stranger.client.set_cookie("cs_console", planted.value, path="/admin")

    stranger.sign_in()

    assert is_in(stranger)
    assert not is_in(attacker)
    forged = stranger.client.post("/admin/account/sessions/end", data={"csrf_token": token})
    assert forged.status_code == 400


@pytest.mark.parametrize("minutes", [(29, True), (31, False)], ids=["in use", "idle"])
def test_a_session_ends_half_an_hour_after_its_last_request(
    owner: Console, monkeypatch: pytest.MonkeyPatch, minutes: tuple[int, bool]
) -> None:
    later, is_open = minutes
    turn_clock(monkeypatch, timedelta(minutes=later))

    assert is_in(owner) is is_open


def test_a_session_in_constant_use_ends_after_twelve_hours(
    owner: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    for _ in range(26):
        turn_clock(monkeypatch, timedelta(minutes=28))
        seen.append(is_in(owner))

    assert seen == [True] * 25 + [False]  # 26 * 28 minutes are 12 hours and 8 minutes


def turn_clock(monkeypatch: pytest.MonkeyPatch, by: timedelta) -> None:
    present: Callable[[], object] = clock.now
    monkeypatch.setattr(clock, "now", lambda: present() + by)  # type: ignore[operator]


def test_the_table_holds_no_name_that_a_cookie_has(app: Flask, owner: Console) -> None:
    with owner.client.session_transaction(path="/admin/") as session:
        name = session["cs_session"]
    with app.app_context():
        [row] = db.session.scalars(select(OperatorSession)).all()

        assert name not in str(vars(row))
