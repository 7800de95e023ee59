"""Korean and English: what was asked for, else remembered, else the browser's wish, else ours."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from support.console import SIGN_IN

pytestmark = pytest.mark.on_sqlite

KOREAN, ENGLISH = '<html lang="ko">', '<html lang="en">'

WISHES = [
    pytest.param("", {}, ENGLISH, id="no wish"),
    pytest.param("", {"Accept-Language": "ko-KR,ko;q=0.9,en;q=0.5"}, KOREAN, id="Korean browser"),
    pytest.param("", {"Accept-Language": "de,ko;q=0.3"}, KOREAN, id="the best that we have"),
    pytest.param("", {"Accept-Language": "de"}, ENGLISH, id="none that we have"),
    pytest.param("?lang=en", {"Accept-Language": "ko"}, ENGLISH, id="asked for in the address"),
    pytest.param("?lang=xx", {"Accept-Language": "ko"}, KOREAN, id="an unknown one is ignored"),
]


@pytest.mark.parametrize(("query", "headers", "shown"), WISHES)
def test_a_page_speaks_the_language_that_is_wished(
    client: FlaskClient, query: str, headers: dict[str, str], shown: str
) -> None:
    assert shown in client.get(SIGN_IN + query, headers=headers).text


def test_a_language_asked_for_is_remembered(client: FlaskClient) -> None:
    client.get(f"{SIGN_IN}?lang=ko")

    page = client.get(SIGN_IN, headers={"Accept-Language": "en"}).text

    assert KOREAN in page
    assert "로그인" in page


def test_a_language_that_we_lack_is_not_remembered(client: FlaskClient) -> None:
    assert "cs_lang" not in str(client.get(f"{SIGN_IN}?lang=xx").headers.getlist("Set-Cookie"))
