"""Whoever logs what: no address, user agent or token gets into a line."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from consent_server.errors import CommandError, InvalidBody
from consent_server.watching.failures import told
from consent_server.watching.logs import formatter, request_in_hand
from consent_server.watching.privacy import cleaned
from support.apps import MakeApp
from support.shop import IPHONE, Shop


def line(message: str, *args: object, **options: Any) -> dict[str, Any]:
    """Returns the JSON line that an entry becomes."""
    logger = logging.getLogger("library")
    exc_info = options.pop("exc_info", None)
    record = logger.makeRecord(
        "library", logging.ERROR, __file__, 1, message, args, exc_info, extra=options
    )
    found: dict[str, Any] = json.loads(formatter(is_json=True).format(record))
    return found


@given(some.ip_addresses(v=4))
def test_no_ipv4_address_stays_in_a_text(address: IPv4Address) -> None:
    for sentence in (f"from {address}", f"peer={address}:443,", f'("{address}", 1)', f"{address}."):
        assert str(address) not in cleaned(sentence)


@given(some.ip_addresses(v=6))
def test_no_ipv6_address_stays_in_a_text(address: IPv6Address) -> None:
    for form in (str(address), address.exploded, str(address).upper()):
        for sentence in (f"from {form}", f"[{form}]:443", f"peer {form}, again", f"'{form}'"):
            assert form not in cleaned(sentence)


AGENTS = [
    IPHONE,
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "curl/8.4.0",
    "python-requests/2.34.2",
    "Dalvik/2.1.0 (Linux; U; Android 14; SM-S918N)",
]


@pytest.mark.parametrize("agent", AGENTS)
def test_no_user_agent_stays_in_a_text(agent: str) -> None:
    assert agent.split("/")[0] not in cleaned(f"request by {agent}")
    assert "Android" not in cleaned(f"request by {agent}")


def test_no_visitor_token_stays_in_a_text(shop: Shop) -> None:
    token = shop.send_consent(shop.submission()).get_json()["token"]

    assert token not in cleaned(f"refused {token} of a visitor")
    assert token.split(".")[0] not in cleaned(f'{{"visitor":"{token}"}}')


ORDINARY = [
    "destroyed 17 visits of 3 days",
    "2026-11-25T01:02:03.456Z at 12:34:56",
    "consent_server/visits/services.py:81 in _sealed",
    "sqlalchemy.exc.OperationalError: database is locked",
    "retention failed; it is tried again in 60 seconds",
]


@pytest.mark.parametrize("sentence", ORDINARY)
def test_ordinary_words_stay_as_they_are(sentence: str) -> None:
    assert cleaned(sentence) == sentence


@pytest.mark.parametrize(
    "name", ["ip", "client_ip", "remote_addr", "user_agent", "path", "url", "body", "visitor",
             "token", "headers", "params"],
)  # fmt: skip
def test_fields_with_such_names_are_dropped(name: str) -> None:
    found = line("refused", **{name: "marker", "route": "/v1/visits"})

    assert "marker" not in json.dumps(found)
    assert found["route"] == "/v1/visits"


def test_arguments_and_nested_fields_are_cleaned_too() -> None:
    found = line("peer %s", "203.0.113.77", facts={"peers": ["2001:db8::7", 7]})

    assert found["event"] == "peer [address]"
    assert found["facts"] == {"peers": ["[address]", 7]}


def test_a_line_names_level_logger_time_and_request() -> None:
    token = request_in_hand.set("abc12345")
    found = line("something happened")
    request_in_hand.reset(token)

    assert (found["level"], found["logger"], found["request_id"]) == (
        "error", "library", "abc12345",
    )  # fmt: skip
    assert found["timestamp"].endswith("Z")


def fail_with_a_key() -> None:
    {}["/secret-path"]  # type: ignore[index]


def fail_with_a_value() -> None:
    int("secret-body")


def fail_with_a_problem() -> None:
    raise InvalidBody("secret-field is not known")


FAILURES = [fail_with_a_key, fail_with_a_value, fail_with_a_problem]


@pytest.mark.parametrize("fail", FAILURES)
def test_a_failure_tells_where_and_not_what_was_in_hand(fail: Callable[[], None]) -> None:
    try:
        fail()
    except Exception:  # noqa: BLE001 - whatever it is
        found = line("failed", exc_info=sys.exc_info())

    assert "secret" not in json.dumps(found)
    assert f"in {fail.__name__}" in found["exception"]


def test_a_failure_tells_its_causes_and_the_words_that_are_ours() -> None:
    try:
        try:
            fail_with_a_value()
        except ValueError as error:
            raise CommandError("Choose another folder.") from error
    except CommandError as error:
        found = told(error)

    assert found.index("ValueError") < found.index("which led to")
    assert "CommandError: Choose another folder." in found


def test_what_postgresql_says_about_a_row_stays_out(make_app: MakeApp) -> None:
    """DETAIL quotes the row and the first line may quote a value; SQLSTATE says enough."""
    url = make_app().extensions["consent_server"].settings.database_url
    engine = create_engine(url, hide_parameters=True)
    statement = text("INSERT INTO revision (id, number) VALUES (1, CAST(:value AS INTEGER))")
    try:
        with engine.begin() as connection, pytest.raises(DBAPIError) as refusal:
            connection.execute(statement, {"value": "77001"})
    finally:
        engine.dispose()

    found = told(refusal.value)
    assert "77001" not in found
    assert "UNIQUE constraint failed" in found or "SQLSTATE 23505" in found


def test_engines_hide_what_they_were_given(shop: Shop) -> None:
    with shop.app.app_context():
        from consent_server.storage.database import db

        assert all(engine.hide_parameters for engine in db.engines.values())
