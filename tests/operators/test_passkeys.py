"""Passkeys: a second factor, a way in alone, a confirmation; each answer once, for this name."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from consent_server import clock
from consent_server.operators.models import Operator
from consent_server.operators.passkey_models import Passkey
from consent_server.operators.passkey_schemas import NewPasskey, ShownPasskey, read_answer
from consent_server.operators.relying_party import PasskeyRefused, RelyingParty
from consent_server.operators.services import dismiss, reset_password
from consent_server.storage.database import db
from support.apps import MakeApp
from support.authenticator import CODE, SET_UP, begin_set_up, enrol, make_recovery_codes, send_code
from support.console import PASSWORD, SIGN_IN, Console, new_console
from support.security_key import (
    ADD,
    ALONE,
    CONFIRM,
    FIRST,
    ORIGIN,
    SECOND,
    SecurityKey,
    add,
    answer,
    asked_on,
    give,
    show,
)

# those that tell nothing about a database run on one
on_sqlite = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)


@pytest.fixture
def strict(make_app: MakeApp) -> Flask:
    """The application with the policy as it is by default, reached by a name."""
    return make_app(second_factor="personal", public_url=ORIGIN)


@pytest.fixture
def handler(strict: Flask) -> Console:
    """A handler's account, not signed in yet."""
    return new_console(strict, "handler", signed_in=False)


@pytest.fixture
def key() -> SecurityKey:
    """A security key with a PIN."""
    return SecurityKey()


@pytest.fixture
def kim(handler: Console, key: SecurityKey) -> Console:
    """A handler whose only second factor is the key, signed out."""
    give(handler, key)
    return handler


def is_in(console: Console) -> bool:
    return console.get("/admin/account").status_code == 200


def leave(console: Console) -> None:
    """Closes the browser: a new one has no cookie."""
    console.client.delete_cookie("cs_console", path="/admin")


def acts(console: Console) -> list[str]:
    return [act.act for act in console.acts()]


def test_whoever_needs_a_second_factor_may_make_a_passkey_instead_of_an_app(
    handler: Console, key: SecurityKey
) -> None:
    sent_to = urlsplit(handler.sign_in().location).path
    before = handler.get("/admin/")

    added = add(handler, key, FIRST)

    assert sent_to == SET_UP
    assert added.status_code == 302
    assert before.status_code == 302
    assert handler.get("/admin/").location == "/admin/recovery-codes"
    assert acts(handler)[-2:] == ["passkey.add", "sign-in"]


def test_the_key_is_asked_at_every_sign_in_and_the_password_alone_opens_nothing(
    kim: Console, key: SecurityKey
) -> None:
    sent_to = kim.sign_in().location
    unsigned = is_in(kim)
    offered = asked_on(kim, SECOND).options["allowCredentials"]

    shown = show(kim, key)

    assert urlsplit(sent_to).path == SECOND
    assert not unsigned
    assert len(offered) == 1
    assert offered[0]["transports"] == ["usb"]
    assert shown.location == "/admin/"
    assert is_in(kim)
    assert acts(kim)[-2:] == ["passkey.use", "sign-in"]


@on_sqlite
def test_the_way_back_outlives_the_second_step(kim: Console, key: SecurityKey) -> None:
    asked = kim.sign_in(next="/admin/consents?action=withdraw").location

    assert "next=/admin/consents?action%3Dwithdraw" in asked
    assert show(kim, key, asked, SECOND, next="/admin/consents?action=withdraw").location == (
        "/admin/consents?action=withdraw"
    )


def test_a_passkey_alone_signs_in_when_the_device_asked_for_its_pin(
    kim: Console, key: SecurityKey
) -> None:
    key.verifies = False
    without_pin = show(kim, key, SIGN_IN, ALONE)
    key.verifies = True

    with_pin = show(kim, key, SIGN_IN, ALONE)

    assert without_pin.status_code == 400
    assert with_pin.location == "/admin/"
    assert is_in(kim)


@on_sqlite
def test_without_a_pin_it_is_a_second_factor_still(kim: Console, key: SecurityKey) -> None:
    kim.sign_in()
    key.verifies = False

    assert show(kim, key).status_code == 302


@on_sqlite
def test_a_recovery_code_stays_a_way_in(handler: Console, key: SecurityKey) -> None:
    handler.sign_in()
    add(handler, key, FIRST)
    code = make_recovery_codes(handler)[0]
    leave(handler)
    handler.sign_in()

    assert send_code(handler, code, "/admin/sign-in/recovery").status_code == 302
    assert is_in(handler)


@on_sqlite
def test_who_has_only_a_passkey_gets_in_by_no_code_of_an_app(kim: Console) -> None:
    kim.sign_in()

    answers = [send_code(kim, "123456"), kim.send(SET_UP, form=SECOND, setup="authenticator")]

    assert answers[0].status_code == 200
    assert urlsplit(answers[1].location or "").path == SIGN_IN
    assert not is_in(kim)


@on_sqlite
def test_app_and_passkey_are_alternatives(strict: Flask, key: SecurityKey) -> None:
    viewer = new_console(strict, "viewer")
    app = begin_set_up(viewer)
    send_code(viewer, app.code(), CODE)
    make_recovery_codes(viewer)
    add(viewer, key)
    leave(viewer)

    first_asked = urlsplit(viewer.sign_in().location).path
    links = viewer.get(SECOND).text, viewer.get(CODE).text
    by_app = send_code(viewer, app.code())
    leave(viewer)
    viewer.sign_in()
    by_key = show(viewer, key)

    assert first_asked == SECOND
    assert f'href="{CODE}' in links[0]
    assert f'href="{SECOND}' in links[1]
    assert (by_app.status_code, by_key.status_code) == (302, 302)


def forget_the_proof(console: Console) -> None:
    """Lets 15 minutes pass since the operator proved who he is."""
    with console.client.session_transaction(path="/admin/") as session:
        session["fs_paa"] -= 15 * 60 + 1


@on_sqlite
def test_a_passkey_confirms_before_personal_data(kim: Console, key: SecurityKey) -> None:
    show(kim, key, SIGN_IN, ALONE)
    forget_the_proof(kim)
    stale = kim.get("/admin/visits?site=x")
    key.verifies = False
    without_pin = show(kim, key, CONFIRM, f"{CONFIRM}/passkey")
    still = kim.get("/admin/visits?site=x")
    key.verifies = True

    confirmed = show(kim, key, CONFIRM, f"{CONFIRM}/passkey", next="/admin/visits?site=x")

    assert urlsplit(stale.location).path == CONFIRM
    assert without_pin.status_code == 400
    assert still.status_code == 302
    assert confirmed.location == "/admin/visits?site=x"
    assert kim.get("/admin/visits?site=x").status_code == 200
    assert "passkey.confirm" in acts(kim)


@on_sqlite
def test_nobody_confirms_with_the_passkey_of_another(
    strict: Flask, kim: Console, key: SecurityKey
) -> None:
    viewer = new_console(strict, "viewer")
    other = SecurityKey()
    add(viewer, other)
    show(kim, key, SIGN_IN, ALONE)
    forget_the_proof(kim)

    assert show(kim, other, CONFIRM, f"{CONFIRM}/passkey").status_code == 400
    assert kim.get("/admin/visits?site=x").status_code == 302


@on_sqlite
def test_a_stale_proof_adds_and_removes_no_passkey(kim: Console, key: SecurityKey) -> None:
    show(kim, key, SIGN_IN, ALONE)
    asked = asked_on(kim, ADD)
    forget_the_proof(kim)

    pages = [
        answer(kim, asked, SecurityKey().make(asked.options), ADD, name="stolen"),
        kim.get(ADD),
        kim.get("/admin/account/passkeys/1"),
        kim.send("/admin/account/passkeys/1", form="/admin/account", typed="blue key"),
    ]

    assert {urlsplit(page.location).path for page in pages} == {CONFIRM}
    assert number_of_passkeys(kim.app) == 1


def number_of_passkeys(app: Flask) -> int:
    with app.app_context():
        return len(db.session.scalars(select(Passkey)).all())


Attack = Callable[[SecurityKey, dict[str, Any]], dict[str, Any]]


def other_origin(key: SecurityKey, options: dict[str, Any]) -> dict[str, Any]:
    key.origin = "https://console.evil.example"
    return key.show(options)


def other_port(key: SecurityKey, options: dict[str, Any]) -> dict[str, Any]:
    key.origin = "http://localhost:8001"
    return key.show(options)


def other_name(key: SecurityKey, options: dict[str, Any]) -> dict[str, Any]:
    key.rp_id = "evil.example"
    return key.show(options)


def other_challenge(key: SecurityKey, options: dict[str, Any]) -> dict[str, Any]:
    return key.show(options | {"challenge": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="})


def other_key(key: SecurityKey, options: dict[str, Any]) -> dict[str, Any]:
    return SecurityKey(id=key.id, owner=key.owner, count=key.count).show(options)


def other_owner(key: SecurityKey, options: dict[str, Any]) -> dict[str, Any]:
    key.owner = b"somebody else"
    return key.show(options)


def no_owner(key: SecurityKey, options: dict[str, Any]) -> dict[str, Any]:
    return key.show(options) | {"user_handle": None}


def unknown_key(key: SecurityKey, options: dict[str, Any]) -> dict[str, Any]:
    return SecurityKey(owner=key.owner).show(options)


def a_copy(key: SecurityKey, options: dict[str, Any]) -> dict[str, Any]:
    key.count -= 1
    return key.show(options)


def nonsense(key: SecurityKey, options: dict[str, Any]) -> dict[str, Any]:
    return key.show(options) | {"authenticator_data": "AAAA"}


def deep_nonsense(key: SecurityKey, options: dict[str, Any]) -> dict[str, Any]:
    return key.show(options) | {"client_data": "W1tb" * 2000}


ATTACKS = [
    other_origin,
    other_port,
    other_name,
    other_challenge,
    other_key,
    other_owner,
    no_owner,
    unknown_key,
    a_copy,
    nonsense,
    deep_nonsense,
]


@on_sqlite
def test_nobody_gets_in_with_any_of_these(kim: Console, key: SecurityKey) -> None:
    show(kim, key, SIGN_IN, ALONE)

    for attack in ATTACKS:
        leave(kim)
        device = replace(key)
        asked = asked_on(kim, SIGN_IN)
        refused = answer(kim, asked, attack(device, asked.options), ALONE)
        assert refused.status_code == 400, attack
        assert 'role="alert"' in refused.text, attack
        assert not is_in(kim), attack
        assert acts(kim)[-1] == ("passkey.backwards" if attack is a_copy else "sign-in.failed")
        unlock(kim)

    assert show(kim, key, SIGN_IN, ALONE).status_code == 302


def unlock(console: Console) -> None:
    """Forgets failures, as a quarter of an hour does."""
    with console.app.app_context():
        db.session.scalars(select(Operator)).one().forget_failures()


def test_an_answer_is_taken_once_also_from_a_device_that_does_not_count(
    kim: Console, key: SecurityKey
) -> None:
    key.counts = False
    key.count = 0
    with kim.app.app_context():
        db.session.scalars(select(Passkey)).one().sign_count = 0
        db.session.commit()
    asked = asked_on(kim, SIGN_IN)
    credential = key.show(asked.options)

    first = answer(kim, asked, credential, ALONE)
    leave(kim)
    fresh = asked_on(kim, SIGN_IN)
    fields = {"csrf_token": fresh.fields["csrf_token"]}
    again = answer(kim, asked, credential, ALONE, **fields)

    assert first.status_code == 302
    assert again.status_code == 400
    assert not is_in(kim)


def test_of_two_who_bring_one_answer_at_once_one_gets_in(kim: Console, key: SecurityKey) -> None:
    key.counts, key.count = False, 0
    asked = asked_on(kim, SIGN_IN)
    credential, cookie = key.show(asked.options), kim.client.get_cookie("cs_console", path="/admin")
    assert cookie is not None

    def bring(client: FlaskClient) -> int:
        client.set_cookie("cs_console", cookie.value, path="/admin")
        other = Console(kim.app, client, kim.email)
        return answer(other, asked, credential, ALONE).status_code

    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(bring, [kim.app.test_client() for _ in range(3)]))

    assert sorted(answers) == [302, 400, 400]


@on_sqlite
def test_an_answer_is_of_no_use_in_another_browser(kim: Console, key: SecurityKey) -> None:
    thief = Console(kim.app, kim.app.test_client(), kim.email)
    asked = asked_on(kim, SIGN_IN)
    credential = key.show(asked.options)

    stolen = answer(
        thief, asked, credential, ALONE, csrf_token=asked_on(thief, SIGN_IN).fields["csrf_token"]
    )

    assert stolen.status_code == 400
    assert answer(kim, asked, credential, ALONE).status_code == 302


@on_sqlite
def test_an_answer_for_one_use_is_of_no_use_for_another(kim: Console, key: SecurityKey) -> None:
    kim.sign_in()
    asked = asked_on(kim, SECOND)  # asks for no PIN
    key.verifies = False

    assert answer(kim, asked, key.show(asked.options), ALONE).status_code == 400


@on_sqlite
def test_a_question_is_open_for_a_quarter_of_an_hour(
    kim: Console, key: SecurityKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = asked_on(kim, SIGN_IN)
    later = clock.now() + timedelta(minutes=16)
    monkeypatch.setattr(clock, "now", lambda: later)

    assert answer(kim, asked, key.show(asked.options), ALONE).status_code == 400


@on_sqlite
def test_names_come_from_the_settings_whatever_the_host_header_says(kim: Console) -> None:
    page = kim.client.get(SIGN_IN, headers={"Host": "evil.example"}).text

    assert "&#34;rpId&#34;:&#34;localhost&#34;" in page
    assert "evil.example" not in page


@on_sqlite
def test_five_wrong_answers_lock_the_account_also_for_the_right_one(
    kim: Console, key: SecurityKey
) -> None:
    kim.sign_in()
    for _ in range(5):
        show(kim, SecurityKey(id=key.id, owner=key.owner, count=key.count))

    assert show(kim, key).status_code == 400
    assert show(kim, key, SIGN_IN, ALONE).status_code == 400
    assert "sign-in.locked" in acts(kim)


def second_browser(console: Console, key: SecurityKey) -> Console:
    other = Console(console.app, console.app.test_client(), console.email)
    assert show(other, key, SIGN_IN, ALONE).status_code == 302
    return other


def test_adding_and_removing_one_ends_all_other_sessions(kim: Console, key: SecurityKey) -> None:
    show(kim, key, SIGN_IN, ALONE)
    others = [second_browser(kim, key)]
    add(kim, SecurityKey(), name="phone")
    ended = [is_in(other) for other in others]
    others = [second_browser(kim, key)]

    page = kim.get("/admin/account").text
    wrong = kim.send("/admin/account/passkeys/2", form="/admin/account", typed="blue key")
    kept = number_of_passkeys(kim.app)
    right = kim.send("/admin/account/passkeys/2", form="/admin/account", typed="phone")

    assert ended == [False]
    assert "phone" in page
    assert "blue key" in page
    assert wrong.status_code == 400
    assert kept == 2
    assert right.location == "/admin/account"
    assert [is_in(other) for other in others] == [False]
    assert is_in(kim)
    assert acts(kim)[-1] == "passkey.remove"


def test_the_last_second_factor_stays_while_the_policy_wants_one(
    kim: Console, key: SecurityKey
) -> None:
    show(kim, key, SIGN_IN, ALONE)

    last = kim.send("/admin/account/passkeys/1", form="/admin/account", typed="blue key")
    app = begin_set_up(kim)
    token = kim.token(SET_UP)
    kim.client.post(CODE, data={"code": app.code(), "csrf_token": token})
    then = kim.send("/admin/account/passkeys/1", form="/admin/account", typed="blue key")
    off = kim.send(SET_UP, form=SET_UP, setup="disable")
    leave(kim)

    assert last.status_code == 400
    assert "last one" in last.text
    assert then.status_code == 302
    assert off.status_code == 200
    assert urlsplit(kim.sign_in().location).path == CODE


@on_sqlite
def test_with_a_passkey_the_app_may_go(handler: Console, key: SecurityKey) -> None:
    enrol(handler)
    make_recovery_codes(handler)
    add(handler, key)

    off = handler.send(SET_UP, form=SET_UP, setup="disable")
    leave(handler)

    assert off.status_code == 302
    assert urlsplit(handler.sign_in().location).path == SECOND


@on_sqlite
def test_a_passkey_has_a_name_of_its_own(kim: Console, key: SecurityKey) -> None:
    show(kim, key, SIGN_IN, ALONE)

    for name in ("", "   ", "n" * 81, "blue key", "Blue  Key", "a\x00b"):
        assert add(kim, SecurityKey(), name=name).status_code == 400, name
    assert number_of_passkeys(kim.app) == 1


@on_sqlite
def test_a_key_that_is_known_is_not_added_again(
    strict: Flask, kim: Console, key: SecurityKey
) -> None:
    show(kim, key, SIGN_IN, ALONE)
    viewer = new_console(strict, "viewer")

    assert add(kim, key, name="again").status_code == 400
    assert add(viewer, key, name="mine now").status_code == 400
    assert number_of_passkeys(strict) == 1


@on_sqlite
def test_nobody_sees_or_removes_the_passkey_of_another(strict: Flask, kim: Console) -> None:
    viewer = new_console(strict, "viewer")

    page = viewer.get("/admin/account/passkeys/1")
    gone = viewer.send("/admin/account/passkeys/1", form="/admin/account", typed="blue key")

    assert (page.status_code, gone.status_code) == (404, 404)
    assert number_of_passkeys(strict) == 1


@pytest.mark.parametrize("end", ["dismissal", "reset"])
def test_passkeys_end_with(kim: Console, key: SecurityKey, end: str) -> None:
    with kim.app.app_context():
        if end == "dismissal":
            dismiss(kim.email)
        else:
            reset_password(kim.email, PASSWORD, forget_second_factor=True)

    assert show(kim, key, SIGN_IN, ALONE).status_code == 400
    assert number_of_passkeys(kim.app) == 0


@on_sqlite
def test_a_parked_set_up_is_of_no_use_once_there_is_a_second_factor(
    handler: Console, key: SecurityKey
) -> None:
    """Whoever knew the password at the first sign-in must not come back later by it alone."""
    parked = Console(handler.app, handler.app.test_client(), handler.email)
    parked.sign_in()
    asked = asked_on(parked, FIRST)
    token = parked.token(SET_UP)
    handler.sign_in()
    add(handler, key, FIRST)

    late_key = answer(parked, asked, SecurityKey().make(asked.options), FIRST, name="mine")
    late_app = parked.client.post(SET_UP, data={"setup": "authenticator", "csrf_token": token})

    assert urlsplit(late_key.location).path == SIGN_IN
    assert "qr" not in late_app.text
    assert not is_in(parked)
    assert number_of_passkeys(handler.app) == 1


@on_sqlite
def test_where_browsers_have_no_passkeys_none_is_offered(app: Flask, owner: Console) -> None:
    assert "CONSENT_PUBLIC_URL" in owner.get("/admin/account").text
    assert "data-passkey" not in owner.get(ADD).text
    assert "data-passkey" not in app.test_client().get(SIGN_IN).text


@pytest.mark.parametrize(
    ("public_url", "name", "origin"),
    [
        ("https://consent.example", "consent.example", "https://consent.example"),
        ("https://Consent.Example:443/", "consent.example", "https://consent.example"),
        ("https://consent.example:8443", "consent.example", "https://consent.example:8443"),
        ("https://동의.example", "xn--2q1bt38a.example", "https://xn--2q1bt38a.example"),
        ("http://localhost:8000", "localhost", "http://localhost:8000"),
    ],
)
def test_the_name_is_the_one_that_browsers_use(public_url: str, name: str, origin: str) -> None:
    assert RelyingParty.of(public_url) == RelyingParty(name, origin)


@pytest.mark.parametrize(
    "public_url", ["http://consent.example", "https://192.0.2.1", "http://[::1]:80", "https://a..b"]
)
def test_no_passkeys_for(public_url: str) -> None:
    assert RelyingParty.of(public_url) is None


@given(st.binary(min_size=1, max_size=200), st.binary(min_size=1, max_size=200))
def test_whatever_is_sent_for_a_passkey_is_refused_and_breaks_nothing(
    client_data: bytes, rest: bytes
) -> None:
    party = RelyingParty("localhost", ORIGIN)

    with pytest.raises(PasskeyRefused):
        party.enrolled(b"challenge of 32 bytes", NewPasskey(client_data, rest))
    with pytest.raises(PasskeyRefused):
        party.proof(
            b"challenge of 32 bytes",
            rest,
            ShownPasskey(rest, client_data, rest, rest),
            is_alone=True,
        )


@pytest.mark.parametrize(
    "source",
    [
        "",
        "[]",
        "null",
        "{}",
        "[" * 60_000,
        '"' + "a" * 70_000 + '"',
        json.dumps({"client_data": 1}),
    ],
    ids=["empty", "list", "null", "object", "deep", "long", "wrong type"],
)
def test_what_is_no_answer_is_read_as_none(source: str) -> None:
    assert read_answer(source, NewPasskey) is None
    assert read_answer(source, ShownPasskey) is None
