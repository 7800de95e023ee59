"""`/my-data/<site_key>`: everything held about whoever holds the token, for nobody else."""

from __future__ import annotations

import json
import logging
import re
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from consent_server import clock
from consent_server.consents.receipts import is_genuine
from support.bases import known_visitor, on_basis, rows
from support.shop import ORIGIN, Shop

OURS = {"Sec-Fetch-Site": "same-origin"}
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')


def file_of(shop: Shop, token: str, query: str = "?format=json&lang=en") -> dict[str, Any]:
    answer = shop.app.test_client().get(
        f"/my-data/{shop.key}{query}", headers={"Authorization": f"Bearer {token}"}
    )
    assert answer.status_code == 200
    held: dict[str, Any] = json.loads(answer.data)
    return held


def at_page(shop: Shop, client: FlaskClient, token: str, lang: str = "en") -> str:
    client.post(f"/my-data/{shop.key}", data={"visitor": token}, headers={"Origin": ORIGIN})
    return client.get(f"/my-data/{shop.key}?lang={lang}").text


def archive(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Turns the clock until visits of today have moved to the archive."""
    later = clock.now() + timedelta(days=9)
    monkeypatch.setattr(clock, "now", lambda: later)
    with shop.app.app_context():
        shop.house.upkeep.run()


def test_the_file_holds_all_decisions_and_visits_and_what_they_are_for(shop: Shop) -> None:
    token = known_visitor(shop)
    shop.send_visit(shop.visit(visitor=token, path="/pricing"))
    shop.send_visit(shop.visit(visitor=token, path="/about", referrer="https://search.example/x"))
    shop.send_consent(shop.refusal(visitor=token))
    known_visitor(shop)
    shop.send_visit(shop.visit(path="/somebody-else"))

    held = file_of(shop, token)

    assert [one["action"] for one in held["decisions"]] == ["refuse_all", "accept_all"]
    assert all(is_genuine(one["receipt"], shop.house.signatures) for one in held["decisions"])
    assert [one["path"] for one in held["visits"]] == ["/about", "/pricing"]
    assert held["visits"][0]["referrer"] == "https://search.example"
    assert {one["address"] for one in held["visits"]} == {"127.0.0.1"}
    assert {one["device_class"] for one in held["visits"]} == {"mobile"}
    assert [(one["purpose"], one["standing"]) for one in held["uses"]] == [
        ("functional", "refused"),
        ("analytics", "refused"),
        ("marketing", "refused"),
    ]
    assert [(one["name"], one["who"]) for one in held["recipients"]] == [
        ("Tubular", "Tubular Inc. (US)")
    ]
    assert "because the law asks for it" in held["visit_basis"]
    assert held["kept_for"]


def test_archived_visits_are_among_them_and_gone_ones_are_not(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = known_visitor(shop)
    shop.send_visit(shop.visit(visitor=token))
    archive(shop, monkeypatch)
    held = file_of(shop, token)["visits"]

    past = clock.now() + timedelta(days=100)
    monkeypatch.setattr(clock, "now", lambda: past)

    assert rows(shop, "archived_visits") == 1
    assert [one["is_archived"] for one in held] == [True]
    assert file_of(shop, token)["visits"] == []


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_the_page_tells_the_same_in_both_languages(shop: Shop, client: FlaskClient) -> None:
    token = known_visitor(shop)
    shop.send_visit(shop.visit(visitor=token, path="/pricing"))

    english = at_page(shop, client, token)
    korean = at_page(shop, client, token, "ko")

    for words in ("Data about me", "/pricing", "127.0.0.1", "Tubular Inc. (US)", "Allowed all"):
        assert words in english
    for words in ("나에 관한 기록", "/pricing", "127.0.0.1", "모두 허용"):
        assert words in korean
    assert token not in english + korean
    assert "<script" not in english


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_more_visits_than_a_page_shows_are_on_the_next_one_and_all_in_the_file(
    shop: Shop, client: FlaskClient
) -> None:
    token = known_visitor(shop)
    for number in range(53):
        shop.send_visit(shop.visit(visitor=token, path=f"/page-{number:02}"))

    first = at_page(shop, client, token)
    second = client.get(f"/my-data/{shop.key}?lang=en&page=2").text
    behind = client.get(f"/my-data/{shop.key}?lang=en&page=999999").text

    shown = [re.findall(r"<code>/page-(\d+)</code>", page) for page in (first, second, behind)]
    assert [*map(int, shown[0]), *map(int, shown[1])] == list(reversed(range(53)))
    assert len(shown[1]) == 3
    assert (shown[2], "This page is behind the last one" in behind) == ([], True)
    assert len(file_of(shop, token)["visits"]) == 53


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
@pytest.mark.parametrize("way", ["none", "forged", "other site", "forged cookie", "link"])
def test_nobody_else_sees_anything(
    shop: Shop, other_shop: Shop, client: FlaskClient, way: str
) -> None:
    known_visitor(shop)
    foreign = json.loads(
        other_shop.send_consent(other_shop.submission(), origin="https://other.example").data
    )["token"]
    sent = {
        "none": {},
        "forged": {"headers": {"Authorization": "Bearer a.b.c"}},
        "other site": {"headers": {"Authorization": f"Bearer {foreign}"}},
        "forged cookie": {"headers": {"Cookie": "cs_visitor=a.b.c"}},
        "link": {"query_string": {"visitor": foreign}},
    }[way]

    as_page = client.get(f"/my-data/{shop.key}", **sent)
    as_file = client.get(f"/my-data/{shop.key}", **sent | {"query_string": {"format": "json"}})

    assert (as_page.status_code, as_file.status_code) == (403, 403)
    assert as_file.get_json()["type"] == "/problems/token-refused"
    assert foreign not in as_page.text
    assert "127.0.0.1" not in as_page.text


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_the_token_leaves_the_address_at_once_and_stands_in_no_log(
    shop: Shop, client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    token = known_visitor(shop)
    caplog.set_level(logging.DEBUG)

    link = client.get(f"/my-data/{shop.key}?visitor={token}&lang=ko")
    page = client.get(link.location)

    assert (link.status_code, link.location) == (303, f"/my-data/{shop.key}?lang=ko")
    assert link.headers["Referrer-Policy"] == page.headers["Referrer-Policy"] == "no-referrer"
    assert page.status_code == 200
    [cookie] = link.headers.getlist("Set-Cookie")[:1]
    assert f"Path=/my-data/{shop.key}" in cookie
    assert "HttpOnly" in cookie
    assert "Max-Age" not in cookie
    for answer in (link, page):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Robots-Tag"] == "noindex"
    assert token not in caplog.text


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_the_preference_centre_leads_there_with_its_visitor(
    shop: Shop, client: FlaskClient
) -> None:
    token = known_visitor(shop)
    client.get(f"/preferences/{shop.key}?visitor={token}")
    preferences = client.get(f"/preferences/{shop.key}?lang=en").text

    led = client.get(f"/preferences/{shop.key}/my-data?lang=en")

    assert f"/preferences/{shop.key}/my-data?lang=en" in preferences
    assert led.location == f"/my-data/{shop.key}?lang=en"
    assert "Allowed all" in client.get(led.location).text


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("basis", "words", "left"),
    [("legal_duty", "cannot be deleted now", 1), ("consent", "have been deleted", 0)],
)
def test_everything_is_withdrawn_from_the_page(
    shop: Shop, client: FlaskClient, basis: str, words: str, left: int
) -> None:
    on_basis(shop, basis)
    token = known_visitor(shop)
    shop.send_visit(shop.visit(visitor=token))
    form = dict(HIDDEN.findall(at_page(shop, client, token))) | {"action": "withdraw"}

    answer = client.post(f"/my-data/{shop.key}/withdrawal?lang=en", data=form, headers=OURS)
    shown = client.get(answer.location).text

    assert answer.status_code == 303
    assert "All consent is withdrawn." in shown
    assert words in shown
    assert [one["action"] for one in file_of(shop, token)["decisions"]] == [
        "withdraw",
        "accept_all",
    ]
    assert rows(shop) == left


@pytest.mark.parametrize(("basis", "status", "left"), [("legal_duty", 409, 1), ("consent", 303, 0)])
def test_visits_are_erased_from_the_page_unless_a_law_keeps_them(
    shop: Shop, client: FlaskClient, basis: str, status: int, left: int
) -> None:
    on_basis(shop, basis)
    token = known_visitor(shop)
    shop.send_visit(shop.visit(visitor=token))
    at_page(shop, client, token)

    answer = client.post(f"/my-data/{shop.key}/erasure?lang=en", headers=OURS)

    assert answer.status_code == status
    assert rows(shop) == left
    assert len(file_of(shop, token)["visits"]) == left


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_a_form_of_another_page_does_nothing(shop: Shop, client: FlaskClient) -> None:
    token = known_visitor(shop)
    form = dict(HIDDEN.findall(at_page(shop, client, token)))

    answers = [
        client.post(f"/my-data/{shop.key}/{verb}", data=form | {"action": action}, headers=headers)
        for verb, action, headers in (
            ("withdrawal", "withdraw", {"Sec-Fetch-Site": "cross-site"}),
            ("withdrawal", "accept_all", OURS),
            ("erasure", "", {}),
        )
    ]

    assert [answer.status_code for answer in answers] == [403, 400, 403]
    assert rows(shop, "consent_records") == 1


def test_a_receipt_is_given_to_its_visitor_alone(shop: Shop, client: FlaskClient) -> None:
    token, stranger = known_visitor(shop), known_visitor(shop)
    [own] = file_of(shop, token)["decisions"]
    path = f"/my-data/{shop.key}/receipts/{own['consent_id']}"

    given = client.get(path, headers={"Authorization": f"Bearer {token}"})
    refused = client.get(path, headers={"Authorization": f"Bearer {stranger}"})

    assert json.loads(given.data) == own["receipt"]
    assert refused.status_code == 404
    assert client.get(path).status_code == 403
