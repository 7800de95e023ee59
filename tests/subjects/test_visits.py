"""Visit records in the preference centre: why they are kept, and a way to have them deleted."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from consent_server.policies.wording import BUILT_IN
from support.bases import known_visitor, on_basis, rows
from support.shop import Shop

OURS = {"Sec-Fetch-Site": "same-origin"}


def at_page(shop: Shop, client: FlaskClient, lang: str = "en") -> str:
    """Opens the page as a visitor with one visit; returns its text."""
    token = known_visitor(shop)
    shop.send_visit(shop.visit(visitor=token))
    client.get(f"/preferences/{shop.key}?visitor={token}")
    return client.get(f"/preferences/{shop.key}?lang={lang}").text


WORDS = [
    pytest.param("legal_duty", "en", "because the law asks for it", id="duty, English"),
    pytest.param("legal_duty", "ko", "같은 법 시행령 제41조 제2항", id="duty, Korean"),
    pytest.param("legitimate_interest", "en", "legitimate interest", id="interest, English"),
    pytest.param("legitimate_interest", "ko", "정당한 이익", id="interest, Korean"),
    pytest.param("consent", "en", "only while you allow “Statistics”", id="consent, English"),
    pytest.param("consent", "ko", "허용하신 경우에만", id="consent, Korean"),
]


@pytest.mark.parametrize(("basis", "lang", "words"), WORDS)
def test_page_and_notice_say_why_visits_are_kept(
    shop: Shop, client: FlaskClient, basis: str, lang: str, words: str
) -> None:
    on_basis(shop, basis)
    name = BUILT_IN[lang]["purposes"]["analytics"]["name"]
    words = words.replace("Statistics", name)

    assert words in at_page(shop, client, lang)
    assert words in client.get(f"/policies/{shop.key}?lang={lang}").text


def test_where_none_are_kept_neither_speaks_of_them(shop: Shop, client: FlaskClient) -> None:
    on_basis(shop, "off")

    assert "Record of visits" not in at_page(shop, client)
    assert "Record of visits" not in client.get(f"/policies/{shop.key}?lang=en").text


def test_a_visitor_deletes_their_visit_records(shop: Shop, client: FlaskClient) -> None:
    on_basis(shop, "legitimate_interest")
    offered = at_page(shop, client)

    answer = client.post(f"/preferences/{shop.key}/visits?lang=en", headers=OURS)
    shown = client.get(answer.location).text

    assert "Delete my visit records" in offered
    assert answer.status_code == 303
    assert "have been deleted" in shown
    assert rows(shop) == 0


def test_under_a_legal_duty_the_page_refuses_and_says_until_when(
    shop: Shop, client: FlaskClient
) -> None:
    offered = at_page(shop, client)

    answer = client.post(f"/preferences/{shop.key}/visits?lang=ko", headers=OURS)

    assert "Delete my visit records" not in offered
    assert answer.status_code == 409
    assert "제37조 제4항" in answer.text
    assert "(Asia/Seoul)까지" in answer.text
    assert rows(shop) == 1


def test_a_form_of_another_page_deletes_nothing(shop: Shop, client: FlaskClient) -> None:
    on_basis(shop, "legitimate_interest")
    at_page(shop, client)

    answers = [
        client.post(f"/preferences/{shop.key}/visits", headers=headers).status_code
        for headers in ({}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"})
    ]

    assert answers == [403, 403, 403]
    assert rows(shop) == 1


def test_whoever_is_nobody_here_finds_nothing_to_delete(shop: Shop, client: FlaskClient) -> None:
    on_basis(shop, "legitimate_interest")

    page = client.get(f"/preferences/{shop.key}?lang=en").text
    answer = client.post(f"/preferences/{shop.key}/visits", headers=OURS)

    assert "Delete my visit records" not in page
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("basis", "words", "left"),
    [("legal_duty", "cannot be deleted now", 1), ("consent", "have been deleted", 0)],
)
def test_a_withdrawal_on_the_page_says_what_became_of_the_visits(
    shop: Shop, client: FlaskClient, basis: str, words: str, left: int
) -> None:
    on_basis(shop, basis)
    page = at_page(shop, client)
    fields = hidden_fields(page) | {"action": "withdraw"}

    answer = client.post(f"/preferences/{shop.key}?lang=en", data=fields, headers=OURS)
    shown = client.get(answer.location).text

    assert words in shown
    assert rows(shop) == left


def hidden_fields(page: str) -> dict[str, str]:
    found = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page)
    return dict(found[:4])
