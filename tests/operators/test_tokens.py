"""Tokens of machines: shown once, for few things, for a time, for one site or all."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner
from sqlalchemy import select

from consent_server import clock
from consent_server.audit.services import recent_acts
from consent_server.errors import CommandError
from consent_server.operators.commands import commands
from consent_server.operators.token_models import ApiToken
from consent_server.storage.database import db
from support.shop import Shop


def run(runner: FlaskCliRunner, *words: str) -> str:
    result = runner.invoke(commands, ["token", *words])
    assert result.exit_code == 0, result.exception
    return result.stdout


def new_token(runner: FlaskCliRunner, *words: str, scope: str = "consents.export") -> str:
    printed = run(runner, "add", "backup", "--scope", scope, "--json", *words)
    return str(json.loads(printed)["token"])


def export(client: FlaskClient, key: str, token: str, reason: str = "nightly") -> int:
    return client.get(
        "/v1/export/consents",
        query_string={"site": key, "reason": reason},
        headers={"Authorization": f"Bearer {token}"},
    ).status_code


def test_a_token_hands_out_the_records_of_a_site_and_stands_in_the_log(
    app: Flask, client: FlaskClient, runner: FlaskCliRunner, shop: Shop
) -> None:
    assert shop.send_consent(shop.submission()).status_code == 201
    token = new_token(runner)

    answer = client.get(
        f"/v1/export/consents?site={shop.key}&reason=nightly",
        headers={"Authorization": f"Bearer {token}"},
    )

    [row] = answer.text.splitlines()
    assert json.loads(row)["site"] == shop.key
    with app.app_context():
        [done, begun] = recent_acts(limit=2)
    assert (begun.operator, begun.act, begun.reason) == (
        "token backup",
        "consents.export",
        "nightly",
    )
    assert (done.record_count, done.source) == (1, "127.0.0.1")


def test_without_a_good_token_nothing_is_handed_out(
    client: FlaskClient, runner: FlaskCliRunner, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = new_token(runner, "--days", "30")
    tried = {
        "none": client.get(f"/v1/export/consents?site={shop.key}&reason=x").status_code,
        "made up": export(client, shop.key, "cst_" + "A" * 43),
        "good": export(client, shop.key, token),
        "no reason": export(client, shop.key, token, reason=" "),
        "no such site": export(client, "unknown", token),
    }
    renewed = json.loads(run(runner, "rotate", "backup", "--days", "30", "--json"))["token"]
    tried["old after renewal"] = export(client, shop.key, token)
    tried["new after renewal"] = export(client, shop.key, renewed)
    moment = clock.now() + timedelta(days=30)
    monkeypatch.setattr(clock, "now", lambda: moment)
    tried["expired"] = export(client, shop.key, renewed)

    assert tried == {
        "none": 401,
        "made up": 401,
        "good": 200,
        "no reason": 400,
        "no such site": 404,
        "old after renewal": 401,
        "new after renewal": 200,
        "expired": 401,
    }


def test_a_revoked_token_and_one_of_another_scope_or_site_are_refused(
    client: FlaskClient, runner: FlaskCliRunner, shop: Shop
) -> None:
    other = json.loads(runner.invoke(commands, ["list", "--json"]).stdout)
    assert other == []
    metrics = new_token(runner, scope="metrics.read")
    wrong_scope = export(client, shop.key, metrics)
    far = {"X-Forwarded-For": "203.0.113.9", "Authorization": f"Bearer {metrics}"}
    counts = client.get("/metrics", headers=far).status_code
    run(runner, "revoke", "backup")

    assert wrong_scope == 401
    assert counts == 200
    assert client.get("/metrics", headers=far).status_code == 403


def test_a_token_opens_no_page_of_the_console(client: FlaskClient, runner: FlaskCliRunner) -> None:
    token = new_token(runner)

    answer = client.get("/admin/consents", headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code == 302


def test_the_database_holds_no_token_and_the_list_tells_its_state(
    app: Flask, runner: FlaskCliRunner
) -> None:
    token = new_token(runner)

    [listed] = json.loads(run(runner, "list", "--json"))
    with app.app_context():
        [row] = db.session.scalars(select(ApiToken)).all()
        kept = str({column.name: getattr(row, column.name) for column in row.__table__.columns})
    assert token not in kept
    assert (listed["name"], listed["state"], listed["used_at"]) == ("backup", "valid", None)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        pytest.param(["add", "a", "--scope", "metrics.read", "--days", "0"], "1 to 366", id="days"),
        pytest.param(["rotate", "b"], "no token", id="unknown"),
        pytest.param(["revoke", "b"], "no token", id="unknown to revoke"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    runner: FlaskCliRunner, words: list[str], says: str
) -> None:
    answer = runner.invoke(commands, ["token", *words])

    assert isinstance(answer.exception, CommandError)
    assert says in str(answer.exception)
