"""`GET /embed/<site_key>.js`: one answer with everything, small, cached, without SQL when warm."""

from __future__ import annotations

import gzip
import json
from typing import Any

import brotli
import msgspec
import pytest
from sqlalchemy import event
from werkzeug.test import TestResponse

from consent_server.policies.services import publish
from consent_server.storage.database import db
from support.script import config_in
from support.shop import NOTICE, Shop

pytestmark = pytest.mark.on_sqlite


def get(shop: Shop, path: str = "", **headers: str) -> TestResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return shop.app.test_client().get(path or f"/embed/{shop.key}.js", headers=named)


def test_one_answer_holds_code_configuration_and_the_texts_of_one_language(shop: Shop) -> None:
    response = get(shop, Accept_Language="ko")

    assert (response.status_code, response.mimetype) == (200, "text/javascript")
    config = config_in(response.data)
    assert (config["site"], config["lang"], config["version"]) == (shop.key, "ko", 1)
    assert config["texts"]["refuse_all"] == "모두 거부"
    assert config["purposes"] == [p.key for p in NOTICE.purposes]
    assert "Reject all" not in response.get_data(as_text=True)


def test_the_hash_in_the_script_is_one_that_a_submission_may_name(shop: Shop) -> None:
    config = config_in(get(shop, Accept_Language="en").data)

    accepted = shop.send_consent(shop.submission(language="en", text_sha256=config["sha256"]))

    assert accepted.status_code == 201


LANGUAGES = [
    pytest.param("", {"Accept_Language": "en-US,en;q=0.9"}, "en", id="the browser's wish"),
    pytest.param("", {"Accept_Language": "fr"}, "ko", id="none of ours: the site's own"),
    pytest.param("", {}, "ko", id="no wish: the site's own"),
    pytest.param("?lang=en", {"Accept_Language": "ko"}, "en", id="asked for in the address"),
    pytest.param("?lang=xx", {"Accept_Language": "en"}, "en", id="an unknown one is ignored"),
]


@pytest.mark.parametrize(("query", "headers", "language"), LANGUAGES)
def test_the_language_is_chosen_by_address_then_browser_then_site(
    shop: Shop, query: str, headers: dict[str, str], language: str
) -> None:
    response = get(shop, f"/embed/{shop.key}.js{query}", **headers)

    assert config_in(response.data)["lang"] == language
    assert "Accept-Language" in response.headers["Vary"]


def test_compressed_answers_are_the_same_bytes(shop: Shop) -> None:
    plain = get(shop)
    brotlied, gzipped = get(shop, Accept_Encoding="gzip, br"), get(shop, Accept_Encoding="gzip")

    assert brotlied.headers["Content-Encoding"] == "br"
    assert brotli.decompress(brotlied.data) == plain.data
    assert gzipped.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(gzipped.data) == plain.data
    assert len(brotlied.data) < len(gzipped.data) < len(plain.data)


@pytest.mark.parametrize("encoding", ["br", "gzip", "identity"])
def test_who_has_it_already_gets_304_without_a_body(shop: Shop, encoding: str) -> None:
    first = get(shop, Accept_Encoding=encoding)

    second = get(shop, Accept_Encoding=encoding, If_None_Match=first.headers["ETag"])

    assert (second.status_code, second.data) == (304, b"")
    assert second.headers["ETag"] == first.headers["ETag"]
    assert "max-age=" in second.headers["Cache-Control"]


def test_a_new_notice_changes_the_script_without_a_restart(shop: Shop) -> None:
    before = get(shop)
    changed = msgspec.structs.replace(NOTICE, texts={"ko": {"title": "새 제목"}})
    with shop.app.app_context():
        publish(shop.id, changed)

    after = get(shop, If_None_Match=before.headers["ETag"])

    assert after.status_code == 200
    assert (config_in(after.data)["version"], config_in(after.data)["texts"]["title"]) == (
        2,
        "새 제목",
    )


def test_the_script_names_the_oldest_version_whose_choices_stay_valid(shop: Shop) -> None:
    def published(**changes: Any) -> dict[str, Any]:
        with shop.app.app_context():
            publish(shop.id, msgspec.structs.replace(NOTICE, **changes))
        return config_in(get(shop).data)

    reworded = published(texts={"ko": {"title": "새 제목"}})
    reduced = published(services=())
    reworded_again = published(services=(), texts={"ko": {"title": "또 새 제목"}})

    assert (reworded["version"], reworded["since"]) == (2, 1)
    assert "since" not in reduced
    assert (reworded_again["version"], reworded_again["since"]) == (4, 3)


def test_a_warm_request_needs_no_sql_and_sets_no_cookie(shop: Shop) -> None:
    get(shop)
    statements: list[str] = []
    with shop.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", lambda *facts: statements.append(facts[2]))

    response = get(shop)

    assert response.status_code == 200
    assert statements == []
    assert "Set-Cookie" not in response.headers
    assert "Cookie" not in response.headers["Vary"]


def test_texts_of_another_language_come_alone(shop: Shop) -> None:
    response = get(shop, f"/embed/{shop.key}/texts.js?lang=en")

    assert response.mimetype == "text/javascript"
    text = response.get_data(as_text=True).removeprefix("ConsentBanner.join(null,")
    assert json.loads(text[:-3])["lang"] == "en"


def test_an_unknown_site_is_a_problem_and_no_script(shop: Shop) -> None:
    response = get(shop, "/embed/unknownunkno.js")

    assert (response.status_code, response.mimetype) == (404, "application/problem+json")


def test_words_of_an_operator_cannot_break_out_of_the_script(shop: Shop) -> None:
    nasty = "</script><script>alert(1)</script>\u2028\u2029*/\\"
    with shop.app.app_context():
        publish(shop.id, msgspec.structs.replace(NOTICE, texts={"ko": {"title": nasty}}))

    response = get(shop)

    assert config_in(response.data)["texts"]["title"] == nasty
    assert b"</script" not in response.data
    assert "\u2028" not in response.get_data(as_text=True)


def test_a_validator_that_a_proxy_made_weak_still_spares_the_body(shop: Shop) -> None:
    etag = get(shop, Accept_Encoding="br").headers["ETag"]

    response = get(shop, Accept_Encoding="br", If_None_Match=f"W/{etag}")

    assert (response.status_code, response.data) == (304, b"")


@pytest.mark.parametrize(
    ("wish", "encoding"),
    [
        ("gzip, br", "br"),
        ("gzip;q=1, br;q=0.2", "gzip"),
        ("br;q=0, gzip;q=0.1", "gzip"),
        ("identity, gzip;q=0.5", None),
        ("", None),
    ],
)
def test_the_encoding_is_the_one_that_the_client_prefers(
    shop: Shop, wish: str, encoding: str | None
) -> None:
    assert get(shop, Accept_Encoding=wish).headers.get("Content-Encoding") == encoding
