"""HTTP as its standards have it, at every public address (RFC 9110, Fetch)."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest
from werkzeug.test import Client, TestResponse

from consent_server.contract.document import OPERATIONS, PATH_FIELDS, fields_of_path, path_of
from consent_server.contract.parts import FORM, JSON, Operation
from support.contract import NEAR, Sender, rule_filled
from support.shop import ORIGIN, Shop

HOSTILE_JSON: Final = {
    "nothing": b"",
    "no JSON": b"{",
    "no UTF-8": b'{"site":"\xff\xfe"}',
    "half a character": b'{"site":"\\ud800"}',
    "NUL": b'{"site":"\x00"}',
    "an escaped NUL": b'{"site":"\\u0000","path":"\\u0000"}',
    "a huge number": b'{"site":' + b"9" * 5000 + b"}",
    "an endless number": b'{"site":1e9999}',
    "no number": b'{"site":NaN}',
    "deep": b'{"site":' + b"[" * 8000,
    "an array": b"[]",
    "text": b'"site"',
    "null": b"null",
    "twice the same": b'{"site":"a","site":"b"}',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "too large": b'{"site":"' + b"a" * 20_000 + b'"}',
}
HOSTILE_FORMS: Final = {
    "nothing": b"",
    "no UTF-8": b"action=%ff%fe&visitor=%ff",
    "NUL": b"action=%00&visitor=%00",
    "twice the same": b"action=withdraw&action=accept_all&visitor=a&visitor=b",
    "a huge number": b"policy_version=" + b"9" * 5000,
    "many fields": b"&".join(b"f%d=1" % number for number in range(2000)),
    "too large": b"a=" + b"b" * 20_000,
}
HOSTILE_QUERIES: Final = (
    "site=a&site=b&format=csv&format=xml&reason=%00&page=-1&lang=%ff&visitor=%00",
    "site=%00&format=%00&reason=%ff&page=99999999999999999999&lang=a&lang=b&visitor=%ed%a0%80",
    "=&&&a&%&site[]=1&page=1e9&visitor=" + "v" * 3000,
)
HEADERS: Final[dict[str, str]] = {
    "Accept": "image/png;q=x, */*;q=0, \x80",
    "Accept-Language": ";;;q=,*",
    "Accept-Encoding": "zstd;q=1, identity;q=0",
    "Authorization": "Bearer \xe9\xff",
    "Cookie": 'cs_visitor="\\377"; =; cs_lang=\xff',
    "If-None-Match": 'W/"', "Origin": "null", "Sec-Fetch-Site": "same-origin",
    "Sec-GPC": "1, 1", "X-Forwarded-For": "unknown, ::ffff:1.2.3.4%eth0",
}  # fmt: skip


def asked(
    shop: Shop, one: Operation, *, method: str = "", query: str = "", data: bytes = b"",
    **headers: str,
) -> TestResponse:  # fmt: skip
    """Sends a request to the address of an operation."""
    return Client(shop.app, use_cookies=False).open(
        rule_filled(one.rule, shop.key),
        method=method or one.method.upper(),
        query_string=query,
        data=data,
        environ_base=NEAR,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )


def faults_of(sender: Sender, one: Operation, **sent: Any) -> list[str]:
    answer = asked(sender.shop, one, **sent)
    found = sender.faults(path_of(one.rule), one.method, answer)
    return [f"{one.name}: {fault} ({answer.text[:100]})" for fault in found]


def test_hostile_bodies_are_refused_as_documented(shop: Shop) -> None:
    sender, found = Sender.to(shop), []

    for one in OPERATIONS:
        kinds = {JSON: HOSTILE_JSON, "text/plain": HOSTILE_JSON, FORM: HOSTILE_FORMS}
        for kind, bodies in kinds.items():
            if kind in one.body:
                for data in bodies.values():
                    found += faults_of(
                        sender, one, data=data, Content_Type=kind, Origin=ORIGIN,
                        Sec_Fetch_Site="same-origin",
                    )  # fmt: skip

    assert not found, "\n".join(sorted(set(found)))


def test_hostile_queries_and_headers_are_answered_as_documented(shop: Shop) -> None:
    sender, found = Sender.to(shop), []

    for one in OPERATIONS:
        for query in HOSTILE_QUERIES:
            found += faults_of(sender, one, query=query)
        found += faults_of(sender, one, **HEADERS)
        found += faults_of(sender, one, **HEADERS, Content_Type="application/json; charset=x")

    assert not found, "\n".join(sorted(set(found)))


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_another_method_is_refused_and_told_which_are_taken(shop: Shop) -> None:
    taken: dict[str, set[str]] = {}
    for one in OPERATIONS:
        taken.setdefault(one.rule, set()).add(one.method.upper())

    for one in OPERATIONS:
        own = taken[one.rule] | {"OPTIONS"} | ({"HEAD"} if "GET" in taken[one.rule] else set())
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "TRACE"):
            if method not in own:
                answer = asked(shop, one, method=method)
                assert answer.status_code == 405, (method, one.rule)
                assert set(answer.headers["Allow"].split(", ")) == own, one.rule


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_head_says_what_get_would_without_its_body(shop: Shop) -> None:
    changing = {"X-Request-ID", "Set-Cookie", "Content-Length", "Transfer-Encoding"}
    for one in OPERATIONS:
        if one.method == "get":
            got, head = asked(shop, one), asked(shop, one, method="HEAD")
            assert head.status_code == got.status_code, one.rule
            assert head.data == b""
            kept = [dict(answer.headers).keys() - changing for answer in (got, head)]
            assert kept[0] == kept[1], one.rule


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_pages_may_read_the_answers_that_are_for_pages(shop: Shop) -> None:
    for one in OPERATIONS:
        if one.rule.startswith("/v1/") and "export" not in one.rule:
            answer = asked(shop, one, Origin=ORIGIN)
            assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN, one.name
            assert "Origin" in answer.headers["Vary"]
            assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_a_program_is_told_in_json_that_nothing_is_there(shop: Shop) -> None:
    paths = ["/v1/nothing", "/.well-known/nothing", "/embed/a/b/c", "/schemas/x", "/docs/x"]
    answers = [
        shop.app.test_client().get(path, headers={"Accept": "application/json"}) for path in paths
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert {answer.mimetype for answer in answers} == {"application/problem+json"}
    for answer in answers:
        assert json.loads(answer.data)["request_id"] == answer.headers["X-Request-ID"]


def test_every_variable_of_every_address_has_words() -> None:
    assert {name for one in OPERATIONS for name in fields_of_path(one.rule)} == PATH_FIELDS.keys()
