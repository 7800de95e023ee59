"""Signing in: who gets in, what a stranger learns (nothing), and what stands in the access log."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import TimestampSigner, URLSafeTimedSerializer

from consent_server.operators.services import reset_password
from consent_server.storage.database import db
from support.console import PASSWORD, SIGN_IN, SIGN_OUT, Console

pytestmark = pytest.mark.on_sqlite

ELSEWHERE = [
    "https://evil.example/",
    "//evil.example/",
    "///evil.example/",
    "/\\evil.example/",
    "\\\\evil.example/",
    "https:evil.example",
    "javascript:alert(1)",
    "\thttps://evil.example/",
]


def words_of(page: str) -> str:
    """Returns a page without what differs on each request."""
    return re.sub(r'(name="csrf_token"[^>]*value=|name="email"[^>]*value=)"[^"]*"', "", page)


def test_the_right_password_opens_the_console(stranger: Console) -> None:
    answer = stranger.sign_in()

    assert answer.status_code == 302
    assert answer.location == "/admin/"
    assert stranger.get("/admin/").status_code == 200
    assert [act.act for act in stranger.acts()] == ["operator.add", "sign-in"]


def test_the_address_may_be_typed_in_any_case(stranger: Console) -> None:
    answer = stranger.sign_in(email=stranger.email.upper())

    assert answer.status_code == 302


def test_without_sign_in_every_page_leads_to_it_and_back(stranger: Console) -> None:
    sent_to = stranger.get("/admin/consents?action=withdraw").location

    answer = stranger.client.post(
        sent_to,
        data={"email": stranger.email, "password": PASSWORD, "csrf_token": stranger.token(sent_to)},
    )

    assert urlsplit(sent_to).path == SIGN_IN
    assert answer.location == "/admin/consents?action=withdraw"


def test_a_crafted_link_to_sign_in_leads_to_the_console(stranger: Console) -> None:
    pages = [stranger.client.get(SIGN_IN, query_string={"next": url}).text for url in ELSEWHERE]

    answer = stranger.sign_in()

    assert [page for page in pages if 'name="next"' in page] == []
    assert answer.location == "/admin/"


def test_a_crafted_form_never_leads_to_another_site(stranger: Console) -> None:
    for elsewhere in ELSEWHERE:
        location = stranger.sign_in(next=elsewhere).location
        stranger.sign_out()

        assert urlsplit(location).netloc == "", elsewhere
        assert not location.startswith(("//", "/\\", "\\")), elsewhere


def test_wrong_password_and_unknown_account_get_the_same_page(stranger: Console) -> None:
    wrong = stranger.sign_in(password="not the password")
    unknown = stranger.sign_in(email="nobody@shop.example")

    assert wrong.status_code == unknown.status_code == 200
    assert 'role="alert"' in wrong.text
    assert words_of(wrong.text) == words_of(unknown.text)


def test_every_failure_stands_in_the_access_log_without_the_typed_address(
    stranger: Console,
) -> None:
    stranger.sign_in(password="not the password")
    stranger.sign_in(email="typed.by.mistake@shop.example")

    failures = [act for act in stranger.acts() if act.act == "sign-in.failed"]

    assert [act.operator for act in failures] == [stranger.email, "unknown account"]


def test_a_form_without_token_is_refused(stranger: Console) -> None:
    answer = stranger.client.post(SIGN_IN, data={"email": stranger.email, "password": PASSWORD})

    assert answer.status_code == 400
    assert stranger.get("/admin/").status_code == 302


def test_programs_cannot_sign_in_and_get_no_token(stranger: Console) -> None:
    """Tokens of Flask-Security would outlive the idle time-out."""
    answer = stranger.client.post(
        f"{SIGN_IN}?include_auth_token",
        json={"email": stranger.email, "password": PASSWORD},
        headers={"X-CSRFToken": stranger.token(SIGN_IN), "Accept": "application/json"},
    )

    assert answer.mimetype == "text/html"
    assert "authentication_token" not in answer.text


def test_a_token_in_the_address_opens_nothing(app: Flask, owner: Console) -> None:
    with app.test_request_context():
        operator = app.extensions["security"].datastore.find_user(email=owner.email)
        token = operator.get_auth_token()

    answer = app.test_client().get(
        f"/admin/?auth_token={token}", headers={"Authentication-Token": token}
    )

    assert answer.status_code == 302


def test_the_library_adds_no_page_that_the_console_does_not_know(app: Flask) -> None:
    found = {
        rule.rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("security.")
    }

    assert found == {
        SIGN_IN,
        SIGN_OUT,
        "/admin/confirm",
        "/admin/password",
        "/admin/recovery-codes",
        "/admin/second-factor",
        "/admin/second-factor/<token>",
        "/admin/sign-in/choose",
        "/admin/sign-in/code",
        "/admin/sign-in/recovery",
        "/admin/sign-in/rescue",  # closed: see the role matrix
    }


def test_sign_out_ends_the_session_and_stands_in_the_access_log(owner: Console) -> None:
    answer = owner.sign_out()

    assert urlsplit(answer.location).path == SIGN_IN
    assert owner.get("/admin/").status_code == 302
    assert owner.acts()[-1].act == "sign-out"
    assert owner.acts()[-1].operator == owner.email


def test_sign_out_leaves_nothing_for_the_next_operator(owner: Console) -> None:
    with owner.client.session_transaction(path="/admin/") as session:
        session["reason"] = "mine alone"

    owner.sign_out()

    with owner.client.session_transaction(path="/admin/") as session:
        assert "reason" not in session


def test_sign_out_needs_a_post_with_a_token(owner: Console) -> None:
    assert owner.get(SIGN_OUT).status_code == 405
    assert owner.client.post(SIGN_OUT).status_code == 400
    assert owner.get("/admin/").status_code == 200


def test_a_new_password_ends_the_sessions_of_the_old_one(app: Flask, owner: Console) -> None:
    with app.app_context():
        reset_password(owner.email, "another long pass phrase")

    assert owner.get("/admin/").status_code == 302


def test_a_dismissed_operator_is_out_at_once(app: Flask, owner: Console) -> None:
    with app.app_context():
        app.extensions["security"].datastore.find_user(email=owner.email).active = False
        db.session.commit()

    assert owner.get("/admin/").status_code == 302
    assert 'role="alert"' in owner.sign_in().text


def test_the_session_cookie_is_kept_from_scripts_and_other_sites(stranger: Console) -> None:
    cookie = stranger.sign_in().headers["Set-Cookie"]

    assert cookie.startswith("cs_console=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/admin" in cookie


def test_a_session_without_a_request_for_half_an_hour_has_ended(app: Flask, owner: Console) -> None:
    with owner.client.session_transaction(path="/admin/") as session:
        kept = dict(session)
    opened = {
        minutes: client_with(app, aged(app, kept, timedelta(minutes=minutes))).get("/admin/")
        for minutes in (29, 31)
    }

    assert opened[29].status_code == 200
    assert opened[31].status_code == 302


def aged(app: Flask, session: dict[str, object], age: timedelta) -> str:
    """Returns a session cookie that was set some time ago."""

    class SignedThen(TimestampSigner):
        def get_timestamp(self) -> int:
            return int(time.time() - age.total_seconds())

    serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    assert isinstance(serializer, URLSafeTimedSerializer)
    serializer.signer = SignedThen
    cookie = serializer.dumps(session)
    assert isinstance(cookie, str)
    return cookie


def client_with(app: Flask, cookie: str) -> FlaskClient:
    client = app.test_client()
    client.set_cookie("cs_console", cookie, path="/admin")
    return client
