"""`GET /policies/<site_key>[/<version>]`: the notice as it is, and as it was."""

from __future__ import annotations

import re

import pytest

from consent_server import clock
from consent_server.policies.services import publish, versions_of
from consent_server.sites.services import NewSite, change_site, find_site
from support.shop import NOTICE, ORIGIN, MakeShop, Shop

pytestmark = pytest.mark.on_sqlite


def read(shop: Shop, path: str = "", language: str = "en") -> str:
    answer = shop.app.test_client().get(
        f"/policies/{shop.key}{path}", headers={"Accept-Language": language}
    )
    assert answer.status_code == 200
    return answer.text


def test_the_notice_tells_purposes_services_and_whom_to_ask(shop: Shop) -> None:
    page = read(shop)

    for told in (
        "Strictly necessary",
        *("Functional", "Statistics", "Marketing"),
        *("Tubular", "Tubular Inc. (US)", "cookie tub_id", "1 year"),
        *("Shop Ltd.", "mailto:privacy@shop.example"),
        "Changing your mind",
        "for 3 calendar months",
    ):
        assert told in page, told


@pytest.mark.parametrize(("language", "word"), [("ko", "쿠키 tub_id"), ("en", "cookie tub_id")])
def test_the_notice_is_marked_with_the_language_in_which_it_is_shown(
    shop: Shop, language: str, word: str
) -> None:
    page = read(shop, language=language)

    assert f'<div lang="{language}">' in page
    assert word in page


def test_the_hash_on_the_page_is_the_one_that_records_name(shop: Shop) -> None:
    page = read(shop, language="ko")

    assert shop.submission(language="ko")["text_sha256"] in page


def test_every_version_stays_readable_and_says_which_one_is_in_force(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shop.app.app_context():
        publish(shop.id, NOTICE)
        assert [version.number for version in versions_of(shop.id)] == [2, 1]

    newest, old = read(shop), read(shop, "/1")

    assert "This is an earlier version." not in newest
    assert "This is an earlier version." in old
    assert re.search(rf'href="/policies/{shop.key}/1\?lang=en"', newest)


def test_a_site_without_a_visit_log_promises_nothing_about_visits(shop: Shop) -> None:
    with shop.app.app_context():
        change_site(find_site(shop.key), NewSite(name="Shop", origins=[ORIGIN], visit_basis="off"))

    assert "calendar month" not in read(shop)


def test_the_instant_of_publication_is_told_in_the_zone_of_the_law(shop: Shop) -> None:
    with shop.app.app_context():
        [version] = versions_of(shop.id)

    assert version.published_at <= clock.now()
    assert f"{version.published_at.isoformat()}" in read(shop)
    assert "(Asia/Seoul)" in read(shop)


def test_reading_the_notice_sets_no_cookie(shop: Shop) -> None:
    answer = shop.app.test_client().get(f"/policies/{shop.key}")

    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        pytest.param("ko", ["기록의 보유 기간", "3개월", "관리 콘솔 접속 기록", "2년"], id="ko"),
        pytest.param("en", ["How long records are kept", "3 months", "2 years"], id="en"),
    ],
)
def test_the_notice_prints_the_periods_that_are_enforced(
    make_shop: MakeShop, language: str, expected: list[str]
) -> None:
    shop = make_shop(access_log_months=24)

    page = shop.app.test_client().get(f"/policies/{shop.key}?lang={language}").text

    assert [words for words in expected if words not in page] == []


def test_the_notice_of_a_site_without_a_visit_log_prints_no_periods_of_visits(
    shop: Shop,
) -> None:
    with shop.app.app_context():
        changed = NewSite(name="Shop", origins=[ORIGIN], visit_basis="off")
        change_site(find_site(shop.key), changed)

    page = shop.app.test_client().get(f"/policies/{shop.key}?lang=en").text

    assert "Consent records" in page
    assert "Visit records" not in page
