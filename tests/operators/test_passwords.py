"""Passwords: not to be guessed, not used before, renewed; and asked again before personal data."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask

from consent_server import clock
from consent_server.operators.passwords import password_error
from consent_server.operators.services import note_training
from support.apps import MakeApp
from support.console import PASSWORD, Console, new_console
from support.shop import Shop

pytestmark = pytest.mark.on_sqlite

CHANGE = "/admin/password"
NEW = [f"{word} purple bicycles sing" for word in ("seven", "eleven", "thirty", "forty", "ninety")]

GUESSED = [
    "password1234",
    "qwertyuiop[]",
    "123456789012",
    "iloveyou1234",
    "aaaaaaaaaaaaaaaa",
    "kimkimkimkim",
]


@pytest.mark.parametrize("password", GUESSED)
def test_a_password_that_others_guess_is_refused(password: str) -> None:
    assert password_error(password, "kim@shop.example")


def test_long_ones_are_looked_at_and_taken() -> None:
    assert password_error("ninety purple bicycles sing " * 4, "kim@shop.example") is None
    assert password_error("ninety purple bicycles sing " * 5, "kim@shop.example")


def change(console: Console, old: str, new: str, again: str | None = None) -> bool:
    answer = console.send(
        CHANGE,
        form=CHANGE,
        password=old,
        new_password=new,
        new_password_confirm=new if again is None else again,
    )
    return answer.status_code == 302


def test_the_last_five_passwords_are_not_taken_again(owner: Console) -> None:
    passwords = [PASSWORD, *NEW]
    for old, new in zip(passwords, NEW, strict=False):
        assert change(owner, old, new)
        assert not change(owner, new, PASSWORD if new != NEW[-1] else NEW[0])

    assert change(owner, NEW[-1], PASSWORD)  # five others were in between


@pytest.mark.parametrize(
    ("old", "new", "again"),
    [
        pytest.param("wrong", NEW[0], NEW[0], id="wrong present one"),
        pytest.param(PASSWORD, "password1234", "password1234", id="easily guessed"),
        pytest.param(PASSWORD, NEW[0], NEW[1], id="not the same twice"),
    ],
)
def test_a_password_is_not_changed_by(owner: Console, old: str, new: str, again: str) -> None:
    assert not change(owner, old, new, again)
    owner.sign_out()
    assert owner.sign_in().status_code == 302


def test_whoever_sees_personal_data_renews_an_old_password_before_anything_else(
    app: Flask, handler: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    viewer = new_console(app, "viewer")
    moment = clock.now() + timedelta(days=180)
    monkeypatch.setattr(clock, "now", lambda: moment)
    handler.sign_in()
    viewer.sign_in()

    sent_to = handler.get("/admin/").location
    assert change(handler, PASSWORD, NEW[0])

    assert urlsplit(sent_to).path == CHANGE
    assert handler.get("/admin/").status_code == 200
    assert viewer.get("/admin/").status_code == 200


def test_without_training_personal_data_stays_closed_where_the_setting_says_so(
    make_app: MakeApp, shop: Shop
) -> None:
    app = make_app(training_days=365)
    handler = new_console(app, "handler")

    before = handler.get("/admin/visits").status_code
    with app.app_context():
        note_training(handler.email, clock.now().date())

    assert before == 403
    assert handler.get("/admin/visits").status_code == 200


def forget_the_proof(console: Console) -> None:
    """Lets 15 minutes pass since the operator proved who he is."""
    with console.client.session_transaction(path="/admin/") as session:
        session["fs_paa"] -= 15 * 60 + 1


@pytest.mark.parametrize("page", ["/admin/visits?site=x", "/admin/exports", "/admin/second-factor"])
def test_the_password_is_asked_again_after_a_quarter_of_an_hour(
    handler: Console, page: str
) -> None:
    fresh = handler.get(page)
    forget_the_proof(handler)
    stale = handler.get(page)

    wrong = handler.send("/admin/confirm", form="/admin/confirm", password="wrong")
    still = handler.get(page)
    right = handler.send("/admin/confirm", form="/admin/confirm", password=PASSWORD, next=page)

    assert fresh.status_code == 200
    assert urlsplit(stale.location).path == "/admin/confirm"
    assert parse_qs(urlsplit(stale.location).query)["next"] == [page]
    assert 'role="alert"' in wrong.text
    assert still.status_code == 302
    assert right.location == page
    assert handler.get(page).status_code == 200
    assert "sign-in.confirm" in [act.act for act in handler.acts()]


def test_a_stale_proof_keeps_pages_without_personal_data_open(handler: Console) -> None:
    forget_the_proof(handler)

    assert handler.get("/admin/consents").status_code == 200
    export = handler.send("/admin/exports", form="/admin/account", reason="audit", kind="visits")
    assert urlsplit(export.location).path == "/admin/confirm"


def test_records_of_a_legal_hold_are_personal_data_too(owner: Console) -> None:
    path = "/admin/holds/00000000-0000-4000-8000-000000000000/records"
    fresh = owner.send(path, form="/admin/account", read_reason="court order")
    forget_the_proof(owner)
    stale = owner.send(path, form="/admin/account", read_reason="court order")

    assert fresh.status_code == 404
    assert urlsplit(stale.location).path == "/admin/confirm"


def test_the_page_that_asks_again_leads_nowhere_else(handler: Console) -> None:
    for elsewhere in ("https://evil.example/", "//evil.example/", "/\\evil.example/"):
        answer = handler.send(
            "/admin/confirm", form="/admin/confirm", password=PASSWORD, next=elsewhere
        )
        location = answer.location or ""  # the form itself refuses most of them
        assert urlsplit(location).netloc in ("", "localhost"), elsewhere
        assert not location.startswith(("//", "/\\")), elsewhere


def test_five_wrong_passwords_there_lock_the_account(handler: Console) -> None:
    for _ in range(5):
        handler.send("/admin/confirm", form="/admin/confirm", password="wrong")

    right = handler.send("/admin/confirm", form="/admin/confirm", password=PASSWORD)

    assert right.status_code == 200
    assert "sign-in.locked" in [act.act for act in handler.acts()]
