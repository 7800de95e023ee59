"""`consent-server operators token`: tokens of machines."""

from __future__ import annotations

import json

import click
from flask.cli import AppGroup

from consent_server.operators.grants import site_id_of
from consent_server.operators.token_models import ApiToken
from consent_server.operators.tokens import (
    SCOPES,
    add_token,
    revoke_token,
    rotate_token,
    state_of,
    tokens,
)

token_commands = AppGroup(
    "token",
    help="Tokens of machines.",
    epilog="Example: consent-server operators token list",
)
_days = click.option("--days", type=int, default=90, show_default=True, help="Valid for so long.")
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@token_commands.command(
    "add",
    epilog="Example: consent-server operators token add backup --scope consents.export",
)
@click.argument("name")
@click.option("--scope", "scopes", type=click.Choice(SCOPES), multiple=True, required=True)
@click.option("--site", metavar="KEY", help="Only about this site; default: about all.")
@_days
@_json
def add_command(
    name: str, scopes: tuple[str, ...], site: str | None, days: int, as_json: bool
) -> None:
    """Make a token; it is printed once."""
    _print(name, add_token(name, scopes, site_id_of(site), days), as_json)


@token_commands.command("rotate", epilog="Example: consent-server operators token rotate backup")
@click.argument("name")
@_days
@click.option(
    "--overlap-hours", type=int, default=0, show_default=True, help="The old one is good so long."
)
@_json
def rotate_command(name: str, days: int, overlap_hours: int, as_json: bool) -> None:
    """Make a new token in place of an old one, which is void at once or a while later."""
    _print(name, rotate_token(name, days, overlap_hours=overlap_hours), as_json)


@token_commands.command("revoke", epilog="Example: consent-server operators token revoke backup")
@click.argument("name")
def revoke_command(name: str) -> None:
    """Make a token void at once."""
    revoke_token(name)
    click.echo(f"revoked {name}")


@token_commands.command("list", epilog="Example: consent-server operators token list --json")
@_json
def list_command(as_json: bool) -> None:
    """List tokens: scopes, until when, and when they were used."""
    facts = [_facts(token) for token in tokens()]
    if as_json:
        click.echo(json.dumps(facts))
    for fact in [] if as_json else facts:
        click.echo("  ".join(str(value) for value in fact.values() if value))


def _print(name: str, token: str, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"name": name, "token": token}))
    else:
        click.echo(f"{name}\ntoken (shown only now): {token}")


def _facts(token: ApiToken) -> dict[str, str | None]:
    return {
        "name": token.name,
        "scopes": token.scopes,
        "state": state_of(token),
        "expires_at": token.expires_at.isoformat(),
        "used_at": token.used_at.isoformat() if token.used_at else None,
    }
