"""An invitation makes one account, once, within three days; nothing else does without a shell."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import select

from consent_server import clock
from consent_server.operators.access_models import Invitation
from consent_server.operators.grants import take_back
from consent_server.operators.models import Operator
from consent_server.operators.services import add_operator, dismiss
from consent_server.storage.database import db
from support.console import PASSWORD, SIGN_IN, Console

KIM = "kim@shop.example"
_LINK = re.compile(r'<code id="link"[^>]*>([^<]+)</code>')


@pytest.fixture
def guest(app: Flask) -> Console:
    """The browser of whoever was invited."""
    return Console(app, app.test_client(), KIM)


def invite(owner: Console, email: str = KIM, role: str = "viewer") -> str:
    page = owner.send("/admin/operators", form="/admin/operators", email=email, role=role)
    found = _LINK.search(page.text)
    assert found, "no link on the page"
    return urlsplit(found[1]).path


def accept(guest: Console, link: str, password: str = PASSWORD, again: str | None = None) -> int:
    answer = guest.send(
        link, form=SIGN_IN, password=password, again=password if again is None else again
    )
    return answer.status_code


def test_a_link_makes_an_account_once(owner: Console, guest: Console) -> None:
    link = invite(owner)

    shown = guest.get(link)
    made = accept(guest, link)
    again = accept(guest, link)

    assert KIM in shown.text
    assert (made, again) == (302, 404)
    assert guest.get(link).status_code == 404
    assert guest.sign_in().status_code == 302
    assert guest.get("/admin/sites").status_code == 200
    assert guest.get("/admin/operators").status_code == 403
    acts = [act.act for act in owner.acts()]
    assert acts.index("operator.invite") < acts.index("operator.join")


def test_weak_and_differing_passwords_leave_the_link_good(owner: Console, guest: Console) -> None:
    link = invite(owner)

    tried = [
        accept(guest, link, "short"),
        accept(guest, link, "password1234"),
        accept(guest, link, PASSWORD, "another one"),
    ]

    assert tried == [400, 400, 400]
    assert accept(guest, link) == 302


@pytest.mark.parametrize("end", ["dismissed", "no owner any more"])
def test_nobody_comes_back_by_a_link_that_he_made_before_he_was(
    app: Flask, owner: Console, guest: Console, end: str
) -> None:
    with app.app_context():
        add_operator("lee@shop.example", PASSWORD, "owner")
    lee = Console(app, app.test_client(), "lee@shop.example")
    lee.sign_in()
    link, other = invite(lee, role="owner"), invite(owner, "choi@shop.example")

    with app.app_context():
        if end == "dismissed":
            dismiss(lee.email)
        else:
            [operator] = db.session.scalars(select(Operator).filter_by(email=lee.email))
            take_back(operator.grants[0].id)

    assert guest.get(link).status_code == 404
    assert accept(guest, link) == 404
    assert accept(guest, other) == 302


def test_a_link_is_void_after_three_days(
    owner: Console, guest: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = invite(owner)
    moment = clock.now() + timedelta(days=3)
    monkeypatch.setattr(clock, "now", lambda: moment)

    assert accept(guest, link) == 404


def test_a_newer_link_and_a_withdrawal_make_a_link_void(
    app: Flask, owner: Console, guest: Console
) -> None:
    first, second = invite(owner), invite(owner)
    with app.app_context():
        [number] = db.session.scalars(select(Invitation.id)).all()

    void = accept(guest, first)
    owner.send(f"/admin/operators/invitations/{number}/withdraw", form="/admin/operators")

    assert void == 404
    assert accept(guest, second) == 404


def test_a_made_up_or_changed_link_opens_nothing(owner: Console, guest: Console) -> None:
    link = invite(owner)

    middle = -10  # the last letter of a signature has bits that nobody reads
    changed = link[:middle] + ("A" if link[middle] != "A" else "B") + link[middle + 1 :]
    for forged in (changed, "/admin/invitations/x.y"):
        assert guest.get(forged).status_code == 404
        assert accept(guest, forged) == 404


def test_whoever_has_an_account_is_not_invited(owner: Console) -> None:
    answer = owner.send(
        "/admin/operators", form="/admin/operators", email=owner.email, role="owner"
    )

    assert answer.status_code == 400
    assert 'role="alert"' in answer.text


def test_the_database_holds_no_link(app: Flask, owner: Console) -> None:
    link = invite(owner)

    with app.app_context():
        [row] = db.session.scalars(select(Invitation)).all()
        kept = str({column.name: getattr(row, column.name) for column in row.__table__.columns})
    assert link.rpartition("/")[2].split(".")[0].strip('"') not in kept
