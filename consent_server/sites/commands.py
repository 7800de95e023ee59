"""`consent-server sites`: list, show and change sites (`add` is in policies.commands)."""

from __future__ import annotations

import json
from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup

from consent_server.audit.services import COMMAND_LINE, Act, record_act
from consent_server.config import Settings
from consent_server.sites.models import Site
from consent_server.sites.rules import VISIT_BASES
from consent_server.sites.services import all_sites, find_site, script_tag, set_visit_basis

commands = AppGroup(
    "sites", help="Products that carry the script tag.", epilog="Example: consent-server sites list"
)


@commands.command("list", epilog="Example: consent-server sites list --json")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_command(as_json: bool) -> None:
    """List all sites."""
    facts = [_facts(site) for site in all_sites()]
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False))
    for fact in [] if as_json else facts:
        click.echo(f"{fact['site_key']}  {fact['name']}  {' '.join(fact['origins'])}")


@commands.command("show", epilog="Example: consent-server sites show k3v9x2m4p7qa")
@click.argument("key")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show_command(key: str, as_json: bool) -> None:
    """Show one site and the tag to paste."""
    _print(_facts(find_site(key)), as_json)


@commands.command("set", epilog="Example: consent-server sites set SITE --visit-basis consent")
@click.argument("key")
@click.option("--visit-basis", type=click.Choice(VISIT_BASES), help="Why visits are recorded.")
@click.option("--visit-purpose", help="What a visitor must have granted, on the basis of consent.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def set_command(
    key: str, visit_basis: str | None, visit_purpose: str | None, as_json: bool
) -> None:
    """Change why a site records visits; effective on every node within seconds."""
    site = set_visit_basis(key, visit_basis, visit_purpose)
    record_act(Act(operator=COMMAND_LINE, act="site.change", site_id=site.id))
    _print(_facts(site), as_json)


def print_site(site: Site, as_json: bool) -> None:
    """Prints the facts of a site, its tag included."""
    _print(_facts(site), as_json)


def _print(facts: dict[str, Any], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False))
        return
    for name, value in facts.items():
        click.echo(f"{name}: {' '.join(value) if isinstance(value, list) else value}")


def _facts(site: Site) -> dict[str, Any]:
    settings: Settings = current_app.extensions["consent_server"].settings
    return {
        "site_key": site.key,
        "name": site.name,
        "origins": [origin.origin for origin in site.origins],
        "controller": site.controller,
        "contact": site.contact,
        "language": site.language,
        "logs_visits": site.logs_visits,
        "visit_basis": site.visit_basis,
        "visit_purpose": site.visit_purpose,
        "address_mode": site.address_mode,
        "device_mode": site.device_mode,
        "tag": script_tag(settings.public_url, site.key),
    }
