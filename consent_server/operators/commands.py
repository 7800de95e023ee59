"""`consent-server operators`: add, reset and list accounts of the console."""

from __future__ import annotations

import json
import sys

import click
from flask.cli import AppGroup

from consent_server.operators.models import Operator
from consent_server.operators.services import (
    ROLES,
    add_operator,
    all_operators,
    new_password,
    reset_password,
)

commands = AppGroup(
    "operators", help="Accounts of the console.", epilog="Example: consent-server operators list"
)

_from_stdin = click.option(
    "--password-stdin", is_flag=True, help="Read the password from stdin; default: make one."
)


@commands.command("add", epilog="Example: consent-server operators add kim@shop.example")
@click.argument("email")
@click.option("--role", type=click.Choice(ROLES), default="owner", show_default=True)
@_from_stdin
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def add_command(email: str, role: str, password_stdin: bool, as_json: bool) -> None:
    """Add an account; a generated password is printed once."""
    password = _password(password_stdin)
    operator = add_operator(email, password, role)
    shown = "" if password_stdin else password
    if as_json:
        click.echo(json.dumps({"email": operator.email, "role": role, "password": shown}))
    else:
        click.echo(f"added {operator.email} ({role})" + _once(shown))


@commands.command("reset", epilog="Example: consent-server operators reset kim@shop.example")
@click.argument("email")
@_from_stdin
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def reset_command(email: str, password_stdin: bool, as_json: bool) -> None:
    """Set a new password, unlock the account, end its sessions."""
    password = _password(password_stdin)
    reset_password(email, password)
    shown = "" if password_stdin else password
    if as_json:
        click.echo(json.dumps({"email": email, "password": shown}))
    else:
        click.echo(f"reset {email}" + _once(shown))


@commands.command("list", epilog="Example: consent-server operators list --json")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_command(as_json: bool) -> None:
    """List accounts and roles."""
    accounts = [_facts(operator) for operator in all_operators()]
    if as_json:
        click.echo(json.dumps(accounts))
    for account in [] if as_json else accounts:
        click.echo(f"{account['email']}  {account['roles']}")


def _password(from_stdin: bool) -> str:
    return sys.stdin.readline().rstrip("\n") if from_stdin else new_password()


def _once(password: str) -> str:
    return f"\npassword (shown only now): {password}" if password else ""


def _facts(operator: Operator) -> dict[str, str]:
    return {
        "email": operator.email,
        "roles": ", ".join(sorted(role.name for role in operator.roles)),
    }
