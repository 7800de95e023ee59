"""The forms of the preference centre: once is once, and what the page did not make is refused."""

from __future__ import annotations

import sqlite3

import pytest

from consent_server.config import Settings
from support.preferences import OWN_ORIGIN, Person, cookie_of, switched_on
from support.shop import Shop

pytestmark = pytest.mark.on_sqlite


def test_a_double_click_makes_one_record_and_one_visitor(shop: Shop, person: Person) -> None:
    form = person.form() | {"action": "accept_all"}
    quicker = Person(shop, shop.app.test_client())  # its cookie had not arrived yet

    answers = [person.send(form), quicker.send(form), person.send(form)]

    assert [answer.status_code for answer in answers] == [303, 303, 303]
    assert len({cookie_of(answer).partition(";")[0] for answer in answers}) == 1
    assert len(person.rows()) == 1


def test_an_old_form_is_not_mistaken_for_a_new_decision(person: Person) -> None:
    old = person.form()
    person.send(old | {"action": "refuse_all"})
    person.press("accept_all")

    again = person.send(old | {"action": "refuse_all"})
    other = person.send(old | {"action": "ask_each"})

    for answer in (again, other):
        assert answer.status_code == 409
        assert "This form was out of date" in answer.text
        assert switched_on(answer) == ["functional", "analytics", "marketing"]
        assert old["submission_id"] not in answer.text.replace(str(person.rows()[1].consent_id), "")
    assert [row.action for row in person.rows()] == ["accept_all", "refuse_all"]


@pytest.mark.parametrize(
    ("origin", "fetch_site"),
    [
        pytest.param("https://evil.example", None, id="foreign origin"),
        pytest.param("https://shop.example", None, id="the product page"),
        pytest.param("null", None, id="hidden origin"),
        pytest.param(None, None, id="no word about it"),
        pytest.param(OWN_ORIGIN, "cross-site", id="cross-site"),
        pytest.param(OWN_ORIGIN, "same-site", id="sibling host"),
    ],
)
def test_a_form_from_elsewhere_is_refused_and_writes_nothing(
    person: Person, origin: str | None, fetch_site: str | None
) -> None:
    form = person.form() | {"action": "accept_all"}
    if fetch_site is not None:
        person.headers["Sec-Fetch-Site"] = fetch_site

    answer = person.send(form, origin=origin)

    assert (answer.status_code, answer.mimetype) == (403, "text/html")
    assert "Set-Cookie" not in answer.headers
    assert person.rows() == []


def test_the_browsers_own_word_counts_whatever_name_the_service_has(person: Person) -> None:
    person.headers["Sec-Fetch-Site"] = "same-origin"

    answer = person.send(person.form() | {"action": "refuse_all"}, origin="http://localhost:9123")

    assert answer.status_code == 303


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        pytest.param({"action": "gpc"}, 400, id="an action that no button has"),
        pytest.param({"action": ["accept_all", "refuse_all"]}, 400, id="two actions"),
        pytest.param({"submission_id": "1"}, 400, id="no UUID"),
        pytest.param({"policy_version": "one"}, 400, id="no number"),
        pytest.param({"trusted": "0"}, 400, id="unknown field"),
        pytest.param({"purposes": ["analytics"] * 13}, 400, id="too many purposes"),
        pytest.param({"purposes": ["spying"]}, 422, id="unknown purpose"),
        pytest.param({"policy_version": "7"}, 422, id="a version that never was"),
        pytest.param({"text_sha256": "0" * 64}, 422, id="a text that never was"),
        pytest.param({"language": "de"}, 422, id="a language that never was"),
        pytest.param({"purposes": ["a" * 20_000]}, 413, id="oversize"),
    ],
)
def test_a_form_that_the_page_did_not_make_is_refused_and_writes_nothing(
    person: Person, changes: dict[str, object], status: int
) -> None:
    answer = person.send({**person.form(), "action": "customise", **changes})

    assert (answer.status_code, answer.mimetype) == (status, "text/html")
    assert person.rows() == []


def test_what_is_not_a_form_is_refused(person: Person) -> None:
    answer = person.client.post(
        person.path, json={"action": "accept_all"}, headers={"Origin": OWN_ORIGIN}
    )

    assert answer.status_code == 415
    assert person.rows() == []


def test_an_unknown_site_is_a_page_for_people(person: Person) -> None:
    for method in ("GET", "POST"):
        answer = person.client.open(
            "/preferences/nosuchsite12", method=method, headers={"Origin": OWN_ORIGIN}
        )
        assert (answer.status_code, answer.mimetype) == (404, "text/html")


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)  # as in tests/admin/test_outage
def test_when_the_database_is_away_people_are_told_and_may_send_it_again(
    person: Person, settings: Settings
) -> None:
    form = person.form() | {"action": "accept_all"}
    lock = sqlite3.connect(settings.home / "consent.db", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")

    refused = person.send(form)
    lock.execute("ROLLBACK")
    lock.close()
    accepted = person.send(form)

    assert (refused.status_code, refused.mimetype) == (503, "text/html")
    assert "Retry-After" in refused.headers
    assert accepted.status_code == 303
    assert len(person.rows()) == 1
