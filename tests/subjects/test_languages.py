"""The preference centre in the languages of the notice, from right to left too."""

from __future__ import annotations

import uuid
from html import unescape

import pytest

from consent_server.policies.services import publish
from consent_server.policies.wording import BUILT_IN
from support.preferences import ARABIC, Person
from support.shop import Shop

pytestmark = pytest.mark.on_sqlite


@pytest.mark.parametrize(
    ("query", "accepted", "shown"),
    [
        pytest.param("", "en", "en", id="the browser's"),
        pytest.param("?lang=ko", "en", "ko", id="asked for"),
        pytest.param("?lang=xx", "en", "en", id="one that the notice lacks"),
        pytest.param("", "de", "ko", id="the site's own"),
    ],
)
def test_the_page_speaks_a_language_of_the_notice(
    person: Person, query: str, accepted: str, shown: str
) -> None:
    page = person.get(query, **{"Accept-Language": accepted}).text

    assert f'<html lang="{shown}" dir="ltr">' in page
    assert unescape(BUILT_IN[shown]["texts"]["accept_all"]) in page


def test_the_language_asked_for_is_kept_through_a_decision(person: Person) -> None:
    form = person.form("?lang=ko")

    answer = person.send(form | {"action": "refuse_all"}, query="?lang=ko")

    assert form["language"] == "ko"
    assert answer.location == f"{person.path}?lang=ko&saved=1"
    assert f'action="{person.path}?lang=ko"' in person.get("?lang=ko").text


def test_a_language_written_from_right_to_left_turns_the_page_around(
    shop: Shop, person: Person
) -> None:
    with shop.app.app_context():
        publish(shop.id, ARABIC)

    page = person.get("?lang=ar")

    assert '<html lang="ar" dir="rtl">' in page.text
    assert "نص accept_all" in page.text
    assert f'href="{person.path}?lang=en"' in page.text
    assert person.send(person.form("?lang=ar") | {"action": "accept_all"}).status_code == 303
    assert person.rows()[0].language == "ar"


def test_an_id_is_new_on_every_page(person: Person) -> None:
    first, second = (uuid.UUID(person.form()["submission_id"]) for _ in range(2))

    assert first != second
