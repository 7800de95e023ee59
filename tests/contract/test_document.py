"""`/openapi.json`: all of the public surface and nothing else."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from consent_server.app import _doors
from consent_server.contract.document import OPERATIONS, path_of
from consent_server.contract.problems import catalogue
from consent_server.errors import Problem
from consent_server.house import house_of
from support.contract import described

# What is described does not depend on the database.
pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)

NOT_OF_THE_SURFACE = re.compile(r"/admin.*|/static/.*|/")  # the console, its files, the way to it
BY_THE_LIBRARY = {"HEAD", "OPTIONS"}


def public_routes(app: Flask) -> set[tuple[str, str]]:
    return {
        (path_of(rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        if not NOT_OF_THE_SURFACE.fullmatch(rule.rule)
        for method in (rule.methods or set())
        if method not in BY_THE_LIBRARY or "OPTIONS" in _declared(app, rule.endpoint)
        if method != "HEAD"
    }


def _declared(app: Flask, endpoint: str) -> set[str]:
    """Returns OPTIONS for a view that answers it itself."""
    return {"OPTIONS"} if endpoint.rsplit(".", 1)[-1].startswith("allow_") else set()


def test_every_public_route_stands_in_the_document_and_nothing_else_does(app: Flask) -> None:
    written = {
        (path, method) for path, methods in described(app)["paths"].items() for method in methods
    }

    assert written == public_routes(app)


def test_what_is_answered_in_front_of_flask_stands_there_too(app: Flask) -> None:
    doors = {
        (path_of(route), method.lower())
        for method, patterns in _doors(house_of(app)).items()
        for route, _ in patterns.values()
    }

    assert doors
    assert doors <= {(path_of(one.rule), one.method) for one in OPERATIONS}


def test_every_reference_leads_somewhere_and_every_name_is_one(app: Flask) -> None:
    document = described(app)

    lost = [name for name in references(document) if not found(document, name)]

    assert document["openapi"] == "3.1.0"
    assert lost == []
    assert len({one.name for one in OPERATIONS}) == len(OPERATIONS)
    for operation in OPERATIONS:
        assert set(operation.guards) <= set(document["components"]["securitySchemes"])
        names = [sent.name for sent in operation.examples]
        assert len(set(names)) == len(names), operation.name


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def found(document: Any, name: str) -> bool:
    for part in name.removeprefix("#/").split("/"):
        document = document.get(part, {})
    return bool(document)


def test_every_problem_that_can_be_raised_is_explained_once(app: Flask) -> None:
    kinds = catalogue()
    codes = [kind.code for kind in kinds]
    used = {
        code for one in OPERATIONS for answer in one.answers.values() for code in answer.problems
    }

    assert [kind.code for kind in kinds if not kind.meaning] == []
    assert len(set(codes)) == len(codes) == len(Problem.__subclasses__())
    assert used == set(codes)
    for one in OPERATIONS:
        for status, answer in one.answers.items():
            wanted = {kind.status for kind in kinds if kind.code in answer.problems}
            assert wanted <= {status}, (one.name, status)


def test_the_type_of_a_problem_leads_to_its_words(client: FlaskClient) -> None:
    problem = client.get("/embed/nosuchsite22.js").get_json()

    answer = client.get(problem["type"])

    assert answer.location == "/docs#problem-site-unknown"
    assert 'id="problem-site-unknown"' in client.get("/docs").text
    assert client.get("/problems/none-of-ours").status_code == 404


def test_the_document_is_made_once_and_not_sent_again_to_who_has_it(client: FlaskClient) -> None:
    sent = {"Accept-Encoding": "gzip"}
    first = client.get("/openapi.json", headers=sent)
    again = client.get("/openapi.json", headers=sent | {"If-None-Match": first.headers["ETag"]})
    head = client.head("/openapi.json")

    assert first.mimetype == "application/json"
    assert first.headers["Cache-Control"] == "public, max-age=300"
    assert first.headers["Access-Control-Allow-Origin"] == "*"
    assert json.loads(gzip.decompress(first.data))["info"]["title"] == "Consent Server"
    assert len(first.data) < 32_768
    assert (again.status_code, again.data) == (304, b"")
    assert (head.status_code, head.data) == (200, b"")


@pytest.mark.parametrize("accepted", ["zstd", "br;q=0, gzip;q=0", "identity;q=0, zstd"])
def test_who_takes_no_encoding_of_ours_gets_the_plain_document(
    client: FlaskClient, accepted: str
) -> None:
    answer = client.get("/openapi.json", headers={"Accept-Encoding": accepted})

    assert "Content-Encoding" not in answer.headers
    assert json.loads(answer.data)["openapi"] == "3.1.0"


def test_the_privacy_signal_is_affirmed_unless_the_operator_says_otherwise(
    client: FlaskClient, make_app: Any
) -> None:
    answer = client.get("/.well-known/gpc.json")
    declined = make_app(gpc_statement=False).test_client().get("/.well-known/gpc.json")

    assert answer.mimetype == "application/json"
    assert answer.get_json() == {"gpc": True, "lastUpdate": "2026-11-30"}
    assert answer.headers["Cache-Control"] == "public, max-age=86400"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert declined.get_json()["gpc"] is False
