"""`consent-server operators`: accounts of the console, their roles, and tokens of machines."""

from __future__ import annotations

import json
import sys

import click
from flask.cli import AppGroup

from consent_server.operators.grants import grant_role, site_id_of
from consent_server.operators.models import Operator
from consent_server.operators.services import (
    ROLES,
    add_operator,
    all_operators,
    dismiss,
    new_password,
    reset_password,
)
from consent_server.operators.token_commands import token_commands
from consent_server.sites.services import all_sites

commands = AppGroup(
    "operators", help="Accounts of the console.", epilog="Example: consent-server operators list"
)

commands.add_command(token_commands)

_from_stdin = click.option(
    "--password-stdin", is_flag=True, help="Read the password from stdin; default: make one."
)
_site = click.option("--site", metavar="KEY", help="Only on this site; default: on all.")


@commands.command("add", epilog="Example: consent-server operators add kim@shop.example")
@click.argument("email")
@click.option("--role", type=click.Choice(ROLES), default="owner", show_default=True)
@_site
@_from_stdin
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def add_command(
    email: str, role: str, site: str | None, password_stdin: bool, as_json: bool
) -> None:
    """Add an account; a generated password is printed once."""
    password = _password(password_stdin)
    operator = add_operator(email, password, role, site_id_of(site))
    shown = "" if password_stdin else password
    if as_json:
        click.echo(json.dumps({"email": operator.email, "role": role, "password": shown}))
    else:
        click.echo(f"added {operator.email} ({role})" + _once(shown))


@commands.command("reset", epilog="Example: consent-server operators reset kim@shop.example")
@click.argument("email")
@click.option(
    "--forget-second-factor", is_flag=True, help="Also remove the app, passkeys and recovery codes."
)
@_from_stdin
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def reset_command(
    email: str, forget_second_factor: bool, password_stdin: bool, as_json: bool
) -> None:
    """Set a new password, unlock the account, end its sessions."""
    password = _password(password_stdin)
    reset_password(email, password, forget_second_factor=forget_second_factor)
    shown = "" if password_stdin else password
    if as_json:
        click.echo(json.dumps({"email": email, "password": shown}))
    else:
        click.echo(f"reset {email}" + _once(shown))


@commands.command(
    "grant", epilog="Example: consent-server operators grant kim@shop.example --role handler"
)
@click.argument("email")
@click.option("--role", type=click.Choice(ROLES), required=True)
@_site
def grant_command(email: str, role: str, site: str | None) -> None:
    """Give an account one more role; its sessions end."""
    grant_role(email, role, site_id_of(site))
    click.echo(f"{email} is {role}" + (f" of {site}" if site else ""))


@commands.command(
    "dismiss", epilog="Example: consent-server operators dismiss kim@shop.example --yes"
)
@click.argument("email")
@click.confirmation_option(prompt="Its roles and sessions end now. Go on?")
def dismiss_command(email: str) -> None:
    """Close an account: its roles and sessions end at once."""
    dismiss(email)
    click.echo(f"dismissed {email}")


@commands.command("list", epilog="Example: consent-server operators list --json")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_command(as_json: bool) -> None:
    """List accounts and roles."""
    keys = {site.id: site.key for site in all_sites()}
    accounts = [_facts(operator, keys) for operator in all_operators() if operator.active]
    if as_json:
        click.echo(json.dumps(accounts))
    for account in [] if as_json else accounts:
        click.echo(f"{account['email']}  {account['roles']}")


def _password(from_stdin: bool) -> str:
    return sys.stdin.readline().rstrip("\n") if from_stdin else new_password()


def _once(password: str) -> str:
    return f"\npassword (shown only now): {password}" if password else ""


def _facts(operator: Operator, keys: dict[int, str]) -> dict[str, str]:
    roles = (
        held.role if held.site_id is None else f"{held.role} of {keys[held.site_id]}"
        for held in operator.held
    )
    return {"email": operator.email, "roles": ", ".join(sorted(roles))}
