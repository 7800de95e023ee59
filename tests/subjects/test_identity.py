"""Whom the preference centre believes: the holder of a token of this site, and nobody else."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote

import pytest
from flask import Response

from consent_server.subjects.identity import COOKIE, VisitorCookie
from support.preferences import Person, cookie_of, switched_on
from support.shop import ORIGIN, Shop

pytestmark = pytest.mark.on_sqlite

UNDECIDED = "You have not made a choice yet."
NOT_OURS = "was not issued for this site"


def token_of(shop: Shop, origin: str = ORIGIN) -> str:
    """Returns the token of somebody who has allowed all on a page of the shop."""
    token: str = shop.send_consent(shop.submission(), origin=origin).get_json()["token"]
    return token


def test_the_cookie_holds_the_token_alone_and_only_this_page_gets_it(person: Person) -> None:
    answer = person.press("accept_all")

    name_and_value, *flags = cookie_of(answer).split("; ")
    token = name_and_value.removeprefix(f"{COOKIE}=")
    [row] = person.rows()
    assert person.shop.house.signatures.visitor_id(person.shop.key, token) == row.visitor_id
    assert {"HttpOnly", "SameSite=Lax", f"Path={person.path}"} <= set(flags)
    assert "Secure" not in flags


def test_over_https_the_cookie_is_sent_there_only(shop: Shop) -> None:
    settings = replace(shop.house.settings, public_url="https://consent.example")
    answer = Response()

    with shop.app.test_request_context():
        VisitorCookie.of(settings, shop.key).keep(answer, "token")

    assert "; Secure;" in answer.headers["Set-Cookie"]


def test_a_link_with_a_token_is_remembered_and_leads_to_the_clean_address(
    shop: Shop, person: Person
) -> None:
    token = token_of(shop)

    answer = person.get(f"?visitor={token}&lang=ko")
    page = person.get()

    assert (answer.status_code, answer.location) == (303, f"{person.path}?lang=ko")
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert token in cookie_of(answer)
    assert switched_on(page) == ["functional", "analytics", "marketing"]


def test_who_came_by_a_link_withdraws_their_own_consent(shop: Shop, person: Person) -> None:
    person.get(f"?visitor={token_of(shop)}")

    person.press("withdraw")

    withdrawn, granted = person.rows()
    assert withdrawn.visitor_id == granted.visitor_id


def test_the_token_of_another_site_is_nobody_here(
    shop: Shop, other_shop: Shop, person: Person
) -> None:
    answer = person.get(f"?visitor={token_of(other_shop, 'https://other.example')}")

    assert answer.status_code == 200
    assert NOT_OURS in answer.text
    assert UNDECIDED in answer.text
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    "forged",
    [
        "",
        "x",
        "a.b.c",
        "é" * 40,
        "A" * 4000,
        "\x00",
        "AAAAAAAAAAAAAAAAAAAAAA.abc.BBBBBBBBBBBBBBBBBBBBBBBB",
    ],
    ids=["empty", "short", "dots", "not ASCII", "long", "NUL", "right shape"],
)
def test_a_forged_token_is_nobody(person: Person, forged: str) -> None:
    answer = person.get(f"?visitor={quote(forged)}")

    assert answer.status_code == 200
    assert NOT_OURS in answer.text
    assert UNDECIDED in answer.text


def test_a_forged_cookie_is_nobody_is_taken_back_and_records_nobody_elses_decision(
    shop: Shop, person: Person
) -> None:
    token_of(shop)
    person.client.set_cookie(COOKIE, "forged.token.here", path=person.path)
    form = person.form()
    person.client.set_cookie(COOKIE, "forged.token.here", path=person.path)

    page = person.get()
    person.client.set_cookie(COOKIE, "forged.token.here", path=person.path)
    person.send(form | {"action": "refuse_all"})

    assert NOT_OURS in page.text
    assert "Max-Age=0" in cookie_of(page)
    assert len({row.visitor_id for row in person.rows()}) == 2
