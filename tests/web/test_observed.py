"""The outermost layer: every answer has an id, and no failure passes it unseen."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask, Response
from werkzeug.test import Client, run_wsgi_app

from consent_server.house import house_of
from consent_server.web.observed import REQUEST_ID, ROUTE, BrokenAnswerError, Observed
from support.apps import MakeApp
from support.shop import Shop

GIVEN = "0f8fad5b-d9cb-469f-a165-70867728950e"
pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)


def observed(app: Flask, answer: Any) -> Client:
    """Returns a client of some other WSGI callable that stands where ours may stand."""
    house = house_of(app)
    return Client(Observed(answer, house.settings, house.metrics))


def test_every_answer_names_the_request_and_no_two_are_the_same(shop: Shop) -> None:
    client = shop.app.test_client()
    answers = [
        client.get("/healthz"),
        client.get("/nowhere"),
        client.get(f"/embed/{shop.key}.js"),
        shop.send_consent(shop.submission()),
    ]

    ids = [answer.headers.getlist("X-Request-ID") for answer in answers]

    assert all(len(found) == 1 and len(found[0]) == 16 for found in ids)
    assert len({found[0] for found in ids}) == len(answers)


def test_a_problem_carries_the_id_of_its_request(shop: Shop) -> None:
    refused = shop.send_consent(b"{}")

    assert refused.get_json()["request_id"] == refused.headers["X-Request-ID"]


IDS = [
    pytest.param(1, GIVEN, True, id="of our proxy"),
    pytest.param(0, GIVEN, False, id="of anybody"),
    pytest.param(1, "203.0.113.77", False, id="an address"),
    pytest.param(1, "2001:db8::7", False, id="another address"),
    pytest.param(1, "short", False, id="too short"),
    pytest.param(1, "x" * 65, False, id="too long"),
    pytest.param(1, 'a"} {"level": "x', False, id="a line of its own"),
]


@pytest.mark.parametrize(("trusted_proxies", "given", "is_taken"), IDS)
def test_an_id_is_taken_over_only_from_a_trusted_proxy_and_only_if_well_formed(
    make_app: MakeApp, trusted_proxies: int, given: str, is_taken: bool
) -> None:
    client = make_app(trusted_proxies=trusted_proxies).test_client()

    answer = client.get("/healthz", headers={"X-Request-ID": given})

    assert (answer.headers["X-Request-ID"] == given) == is_taken


def test_what_stands_in_front_of_flask_names_its_route_and_finds_the_id(app: Flask) -> None:
    seen: list[str] = []

    def answer(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        environ[ROUTE] = "/v1/visits"
        seen.append(environ[REQUEST_ID])
        start_response("204 No Content", [])
        return []

    sent = observed(app, answer).post("/v1/visits", buffered=True)
    page = app.test_client().get("/metrics").text

    assert sent.headers["X-Request-ID"] == seen[0]
    assert 'consent_requests_total{method="POST",route="/v1/visits",status="2xx"} 1.0' in page


def test_a_failure_in_front_of_flask_is_a_problem_and_not_the_end(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    def answer(environ: dict[str, Any], _start_response: Any) -> list[bytes]:
        environ[ROUTE] = "/v1/visits"
        raise ValueError("secret")

    sent = observed(app, answer).post("/v1/visits")

    assert (sent.status_code, sent.mimetype) == (500, "application/problem+json")
    assert (sent.get_json() or {})["request_id"] == sent.headers["X-Request-ID"]
    assert "secret" not in sent.text
    assert [record.message for record in caplog.records] == ["a request failed", "request failed"]


def test_an_answer_that_breaks_off_is_logged_here_and_ends_the_connection(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    def rows() -> Iterator[bytes]:
        yield b"first"
        raise ValueError("secret")

    @app.get("/broken")
    def broken() -> Response:
        return Response(rows())

    environ = app.test_client().open("/healthz").request.environ | {"PATH_INFO": "/broken"}
    body, _status, _headers = run_wsgi_app(app.wsgi_app, dict(environ))

    with pytest.raises(BrokenAnswerError) as end:
        list(body)

    assert "secret" not in str(end.value)
    assert "an answer broke off" in caplog.messages


def facts(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str, str, int]]:
    """Returns what was said about requests: words, level, route, status."""
    return [
        (record.message, record.levelname, record.__dict__["route"], record.__dict__["status"])
        for record in caplog.records
        if "status" in record.__dict__
    ]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, []),
        ({"access_log": True}, [("request", "INFO", "/healthz", 200)]),
        ({"slow_seconds": 0.0}, [("slow request", "WARNING", "/healthz", 200)]),
    ],
    ids=["silent", "all", "slow"],
)
def test_requests_are_logged_when_slow_or_when_all_are_wanted(
    make_app: MakeApp, caplog: pytest.LogCaptureFixture, changes: dict[str, Any], said: list[Any]
) -> None:
    caplog.set_level(logging.INFO)

    make_app(**{"slow_seconds": 3600.0} | changes).test_client().get("/healthz", buffered=True)

    assert facts(caplog) == said


def test_a_view_that_fails_is_logged_with_its_route_and_without_the_path(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    @app.get("/things/<name>")
    def fail(name: str) -> str:
        raise ValueError(name)

    app.test_client().get("/things/secret", buffered=True)

    assert facts(caplog) == [("request failed", "WARNING", "/things/<name>", 500)]
    assert "a view failed" in caplog.messages
    assert not any("secret" in message for message in caplog.messages)
