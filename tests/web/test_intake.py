"""What stands in front of Flask answers as Flask would, whatever is sent."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import Client, TestResponse

from consent_server.consents.services import ConsentRecorder
from consent_server.web.observed import Observed
from support.shop import IPHONE, ORIGIN, MakeShop, Shop

CONSENTS, VISITS = "/v1/consents", "/v1/visits"


def quick(shop: Shop) -> Client:
    """The whole application."""
    return Client(shop.app)


def slow(shop: Shop) -> Client:
    """Flask alone, without what stands in front of it."""
    house = shop.house
    flask = partial(Flask.wsgi_app, shop.app)
    return Client(Observed(flask, house.settings, house.metrics))


def facts(answer: TestResponse) -> tuple[str, list[tuple[str, str]], bytes]:
    """All but the id of the request, which is another one each time."""
    request_id = answer.headers.pop("X-Request-ID")
    return answer.status, sorted(answer.headers), answer.data.replace(request_id.encode(), b"")


def as_json(body: Any, **headers: str) -> dict[str, Any]:
    given = {"Origin": ORIGIN, "User-Agent": IPHONE, "Content-Type": "text/plain"} | headers
    return {"data": json.dumps(body).encode(), "headers": {k: v for k, v in given.items() if v}}


def raw(data: bytes, **headers: str) -> dict[str, Any]:
    return as_json(None, **headers) | {"data": data}


Case = Callable[[Shop], tuple[str, dict[str, Any]]]
CASES: dict[str, Case] = {
    "a decision": lambda shop: (CONSENTS, as_json(shop.submission())),
    "a decision as JSON": lambda shop: (
        CONSENTS,
        as_json(shop.submission(), **{"Content-Type": "application/json; charset=utf-8"}),
    ),
    "a refusal": lambda shop: (CONSENTS, as_json(shop.refusal())),
    "no origin": lambda shop: (CONSENTS, as_json(shop.submission(), Origin="")),
    "a foreign origin": lambda shop: (
        CONSENTS,
        as_json(shop.submission(), Origin="https://evil.example"),
    ),
    "an unknown site": lambda shop: (CONSENTS, as_json(shop.submission(site="nowhere"))),
    "an unknown version": lambda shop: (CONSENTS, as_json(shop.submission(policy_version=9))),
    "an unknown language": lambda shop: (CONSENTS, as_json(shop.submission(language="fr"))),
    "an unknown text": lambda shop: (CONSENTS, as_json(shop.submission(text_sha256="0" * 64))),
    "an unknown purpose": lambda shop: (CONSENTS, as_json(shop.submission(decisions={"x": True}))),
    "an unknown field": lambda shop: (CONSENTS, as_json(shop.submission(ip="203.0.113.9"))),
    "a missing field": lambda shop: (CONSENTS, as_json({"site": shop.key})),
    "a forged token": lambda shop: (CONSENTS, as_json(shop.submission(visitor="a.b.c"))),
    "no JSON": lambda _: (CONSENTS, raw(b"\xff{")),
    "nothing": lambda _: (CONSENTS, raw(b"")),
    "an array": lambda _: (CONSENTS, raw(b"[" * 500)),
    "a form": lambda _: (CONSENTS, raw(b"a=b", **{"Content-Type": "multipart/form-data"})),
    "no media type": lambda _: (CONSENTS, raw(b"{}", **{"Content-Type": ""})),
    "a compressed body": lambda _: (CONSENTS, raw(b"{}", **{"Content-Encoding": "gzip"})),
    "a body too large": lambda _: (CONSENTS, raw(b" " * 20_000)),
    "a length that is none": lambda _: (CONSENTS, raw(b"{}", **{"Content-Length": "-1"})),
    "a slash too many": lambda shop: (CONSENTS + "/", as_json(shop.submission())),
    "a question": lambda shop: (CONSENTS + "?a=b", as_json(shop.submission())),
    "a visit": lambda shop: (VISITS, as_json(shop.visit())),
    "a visit of nobody's browser": lambda shop: (
        VISITS,
        as_json(shop.visit(), **{"User-Agent": ""}),
    ),
    "a visit by proxy": lambda shop: (
        VISITS,
        as_json(shop.visit(), **{"X-Forwarded-For": "203.0.113.9, 10.0.0.1"}),
    ),
    "a visit from elsewhere": lambda shop: (
        VISITS,
        as_json(shop.visit(), Origin="https://evil.example"),
    ),
    "a visit without id": lambda shop: (VISITS, as_json(shop.visit(visit_id="one"))),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_an_answer_is_the_same_with_and_without_the_framework(shop: Shop, case: Case) -> None:
    path, request = case(shop)

    first = facts(quick(shop).post(path, **request))
    second = facts(slow(shop).post(path, **request))

    assert first == second


SCRIPTS = {
    "plain": {},
    "brotli": {"Accept-Encoding": "gzip, deflate, br, zstd"},
    "gzip": {"Accept-Encoding": "gzip"},
    "nothing accepted": {"Accept-Encoding": "br;q=0, gzip;q=0"},
    "a language": {"Accept-Language": "en-US,en;q=0.9"},
    "a signal": {"Sec-GPC": "1"},
    "another signal": {"DNT": "1"},
    "known already": {"If-None-Match": "*"},
    "long headers": {"Accept-Language": "en," * 500},
}


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
@pytest.mark.parametrize("query", ["", "?lang=en", "?lang=xx&v=1"])
@pytest.mark.parametrize("sent", SCRIPTS.values(), ids=SCRIPTS)
def test_a_script_is_the_same_with_and_without_the_framework(
    shop: Shop, sent: dict[str, str], query: str
) -> None:
    path = f"/embed/{shop.key}.js{query}"

    behind = facts(slow(shop).get(path, headers=sent))
    fresh = facts(quick(shop).get(path, headers=sent))
    kept = facts(quick(shop).get(path, headers=sent))
    etag = dict(behind[1])["ETag"]
    again = {"If-None-Match": f'"other", W/{etag}'}

    assert fresh == kept == behind
    assert facts(quick(shop).get(path, headers=sent | again)) == facts(
        slow(shop).get(path, headers=sent | again)
    )


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
@pytest.mark.parametrize("path", ["/embed/nowhere.js", "/embed/.js", "/embed/x/y.js", "/embed/x"])
def test_a_script_that_is_none_is_refused_alike(shop: Shop, path: str) -> None:
    assert facts(quick(shop).get(path)) == facts(slow(shop).get(path))


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
@pytest.mark.parametrize("method", ["GET", "PUT", "HEAD", "OPTIONS", "DELETE"])
@pytest.mark.parametrize("path", [CONSENTS, VISITS])
def test_other_methods_are_left_to_the_framework(shop: Shop, method: str, path: str) -> None:
    first = facts(quick(shop).open(path, method=method, headers={"Origin": ORIGIN}))
    second = facts(slow(shop).open(path, method=method, headers={"Origin": ORIGIN}))

    assert first == second


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_a_secure_service_says_so_in_both(make_shop: MakeShop) -> None:
    shop = make_shop(public_url="https://consent.example")
    body = as_json(shop.visit())

    script = f"/embed/{shop.key}.js"

    first = quick(shop).post(VISITS, **body)
    second = slow(shop).post(VISITS, **body)

    assert facts(first) == facts(second)
    assert "Strict-Transport-Security" in first.headers
    assert facts(quick(shop).get(script)) == facts(slow(shop).get(script))


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_an_error_of_ours_is_a_problem_and_stands_in_the_log(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a fault to be found")

    monkeypatch.setattr(ConsentRecorder, "record", fail)
    body = as_json(shop.submission())

    with caplog.at_level(logging.ERROR):
        first = quick(shop).post(CONSENTS, **body)
        second = slow(shop).post(CONSENTS, **body)

    assert facts(first) == facts(second)
    assert first.status_code == 500
    assert caplog.text.count("RuntimeError: a fault to be found") == 2
