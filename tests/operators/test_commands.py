"""`consent-server operators`: accounts made at the shell, their passwords shown once."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from consent_server.errors import CommandError
from consent_server.operators.commands import commands
from support.console import PASSWORD, Console

EMAIL = "kim@shop.example"


def test_an_added_operator_signs_in_with_the_password_that_was_printed(
    app: Flask, runner: FlaskCliRunner
) -> None:
    printed = runner.invoke(commands, ["add", EMAIL, "--json"]).stdout

    account = json.loads(printed)
    assert account["email"] == EMAIL
    assert account["role"] == "owner"
    assert Console(app, app.test_client(), EMAIL).sign_in(account["password"]).status_code == 302


def test_a_password_from_stdin_is_not_printed(app: Flask, runner: FlaskCliRunner) -> None:
    printed = runner.invoke(commands, ["add", EMAIL, "--password-stdin"], input=PASSWORD + "\n")

    assert printed.exit_code == 0
    assert PASSWORD not in printed.stdout
    assert Console(app, app.test_client(), EMAIL).sign_in().status_code == 302


def test_reset_prints_a_new_password_and_the_old_one_is_void(
    runner: FlaskCliRunner, stranger: Console
) -> None:
    printed = runner.invoke(commands, ["reset", stranger.email, "--json"]).stdout

    assert stranger.sign_in().status_code == 200
    assert stranger.sign_in(json.loads(printed)["password"]).status_code == 302


def test_list_shows_accounts_with_their_roles(runner: FlaskCliRunner) -> None:
    runner.invoke(commands, ["add", "lee@shop.example", "--role", "viewer"])
    runner.invoke(commands, ["add", EMAIL])

    assert json.loads(runner.invoke(commands, ["list", "--json"]).stdout) == [
        {"email": EMAIL, "roles": "owner"},
        {"email": "lee@shop.example", "roles": "viewer"},
    ]
    assert runner.invoke(commands, ["list"]).stdout.splitlines() == [
        f"{EMAIL}  owner",
        "lee@shop.example  viewer",
    ]


@pytest.mark.parametrize(
    ("arguments", "typed", "says"),
    [
        pytest.param(["add", "not-an-address"], "", "not an e-mail address", id="bad address"),
        pytest.param(["add", EMAIL, "--password-stdin"], "short\n", "at least 12", id="too short"),
        pytest.param(["reset", "nobody@shop.example"], "", "has no account", id="unknown account"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    runner: FlaskCliRunner, arguments: list[str], typed: str, says: str
) -> None:
    answer = runner.invoke(commands, arguments, input=typed)

    assert isinstance(answer.exception, CommandError)
    assert says in str(answer.exception)
    assert "\n" not in str(answer.exception)


def test_an_account_is_not_added_twice(runner: FlaskCliRunner) -> None:
    runner.invoke(commands, ["add", EMAIL])

    answer = runner.invoke(commands, ["add", EMAIL.upper()])

    assert isinstance(answer.exception, CommandError)
    assert "has an account already" in str(answer.exception)


@pytest.mark.parametrize("name", sorted(commands.commands))
def test_every_command_helps_with_an_example(name: str) -> None:
    command = commands.commands[name]

    assert command.help
    assert f"consent-server operators {name}" in (command.epilog or "")
