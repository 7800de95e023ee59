"""The second factor: asked at every sign-in of whoever sees personal data, each code once."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import select

from consent_server.operators.models import Operator
from consent_server.operators.services import add_operator, reset_password
from consent_server.storage.database import db
from support.apps import MakeApp
from support.authenticator import CODE, SET_UP, begin_set_up, enrol, make_recovery_codes, send_code
from support.console import PASSWORD, Console, new_console

pytestmark = pytest.mark.on_sqlite


@pytest.fixture
def strict(make_app: MakeApp) -> Flask:
    """The application with the policy as it is by default."""
    return make_app(second_factor="personal")


@pytest.fixture
def handler(strict: Flask) -> Console:
    """A handler's account, not signed in yet."""
    return new_console(strict, "handler", signed_in=False)


def test_whoever_sees_personal_data_sets_up_an_app_before_the_first_page(handler: Console) -> None:
    answer = handler.sign_in()
    before = handler.get("/admin/")
    app = begin_set_up(handler)
    wrong = send_code(handler, "000000", CODE)
    right = send_code(handler, app.code())

    assert urlsplit(answer.location).path == SET_UP
    assert before.status_code == 302
    assert 'role="alert"' in wrong.text
    assert right.status_code == 302
    assert [act.act for act in handler.acts()][-2:] == ["second-factor.set", "sign-in"]


def test_recovery_codes_are_made_before_anything_else_and_shown_once(handler: Console) -> None:
    enrol(handler)

    sent_to = handler.get("/admin/").location
    codes = make_recovery_codes(handler)

    assert sent_to == "/admin/recovery-codes"
    assert len(set(codes)) == 10
    assert handler.get("/admin/").status_code == 200
    assert codes[0] not in handler.get("/admin/recovery-codes").text
    assert handler.get("/admin/recovery-codes?show_codes=1").status_code == 404


def test_a_code_is_asked_at_every_sign_in_and_none_is_taken_twice(handler: Console) -> None:
    app = enrol(handler)
    make_recovery_codes(handler)
    handler.sign_out()

    password_only = handler.sign_in()
    unsigned = handler.get("/admin/")
    code = app.code()
    first = send_code(handler, code)
    handler.sign_out()
    handler.sign_in()
    again = send_code(handler, code)

    assert urlsplit(password_only.location).path == CODE
    assert unsigned.status_code == 302
    assert first.status_code == 302
    assert again.status_code == 200
    assert 'role="alert"' in again.text
    assert handler.get("/admin/").status_code == 302


def test_a_recovery_code_lets_in_once(handler: Console) -> None:
    enrol(handler)
    code = make_recovery_codes(handler)[0]
    handler.sign_out()

    handler.sign_in()
    first = send_code(handler, f" {code.upper()} ", "/admin/sign-in/recovery")
    handler.sign_out()
    handler.sign_in()
    again = send_code(handler, code, "/admin/sign-in/recovery")

    assert first.status_code == 302
    assert 'role="alert"' in again.text
    assert "recovery.use" in [act.act for act in handler.acts()]


@pytest.mark.parametrize("path", [CODE, "/admin/sign-in/recovery"])
def test_five_wrong_codes_lock_the_account_also_for_the_right_one(
    handler: Console, path: str
) -> None:
    app = enrol(handler)
    make_recovery_codes(handler)
    handler.sign_out()
    handler.sign_in()

    for _ in range(5):
        send_code(handler, "123456", path)
    right = send_code(handler, app.code())

    assert right.status_code == 200
    assert handler.get("/admin/").status_code == 302
    assert "sign-in.locked" in [act.act for act in handler.acts()]


def test_the_database_holds_neither_the_key_nor_the_codes_in_clear(
    strict: Flask, handler: Console
) -> None:
    enrol(handler)
    codes = make_recovery_codes(handler)

    with strict.app_context():
        operator = db.session.scalars(select(Operator)).one()
        kept = f"{operator.tf_totp_secret} {operator.mf_recovery_codes}"
    assert '"enckey"' in kept
    assert '"key"' not in kept
    assert [code for code in codes if code in kept or code.replace("-", "") in kept] == []


def test_a_viewer_needs_none_but_may_have_one_and_turn_it_off(strict: Flask) -> None:
    viewer = new_console(strict, "viewer")

    app = begin_set_up(viewer)
    with viewer.client.session_transaction(path="/admin/"):
        page = viewer.get(SET_UP)
    on = send_code(viewer, app.code(), CODE)
    make_recovery_codes(viewer)
    off = viewer.send(SET_UP, form=SET_UP, setup="disable")
    viewer.sign_out()

    assert page.status_code == 200
    assert on.status_code == 302
    assert off.status_code == 302
    assert viewer.sign_in().location == "/admin/"
    assert "second-factor.off" in [act.act for act in viewer.acts()]


def test_a_handler_cannot_turn_it_off(handler: Console) -> None:
    enrol(handler)
    make_recovery_codes(handler)

    handler.send(SET_UP, form=SET_UP, setup="disable")
    handler.sign_out()

    assert urlsplit(handler.sign_in().location).path == CODE


def test_in_production_the_default_is_that_it_stays_on(make_app: MakeApp) -> None:
    app = make_app(mode="production", second_factor="in_production")

    with app.app_context():
        needs = {
            role: add_operator(f"{role}@shop.example", PASSWORD, role).check_tf_required_setup()
            for role in ("handler", "viewer")
        }

    assert needs == {"handler": True, "viewer": False}


def test_a_new_app_ends_all_other_sessions(strict: Flask) -> None:
    viewer = new_console(strict, "viewer")
    other = Console(strict, strict.test_client(), viewer.email)
    other.sign_in()

    app = begin_set_up(viewer)
    send_code(viewer, app.code(), CODE)

    assert viewer.get("/admin/account").status_code == 200
    assert other.get("/admin/account").status_code == 302


def test_the_code_page_leads_nowhere_else(handler: Console) -> None:
    app = enrol(handler)
    make_recovery_codes(handler)
    handler.sign_out()
    handler.sign_in()

    answer = handler.client.post(
        CODE,
        data={
            "code": app.code(),
            "csrf_token": handler.token(CODE),
            "next": "https://evil.example/",
        },
    )

    assert urlsplit(answer.location).netloc == ""


def test_whoever_lost_everything_begins_anew_after_a_reset_at_the_shell(
    strict: Flask, handler: Console
) -> None:
    enrol(handler)
    with strict.app_context():
        reset_password(handler.email, PASSWORD, forget_second_factor=True)

    assert urlsplit(handler.sign_in().location).path == SET_UP


def test_with_the_policy_off_nobody_is_asked(app: Flask) -> None:
    assert new_console(app, "owner").get("/admin/").status_code == 200
