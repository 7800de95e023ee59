"""`consent-server holds`: visits that a named case keeps beyond their day."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import click
import msgspec
from flask import current_app
from flask.cli import AppGroup

from consent_server.audit.services import COMMAND_LINE
from consent_server.holds.rules import ADDRESS, BASES, EVERYTHING, VISITOR, NewHold
from consent_server.holds.services import HoldKeeper
from consent_server.holds.shown import Hold
from consent_server.instants import Instant
from consent_server.sites.services import find_site

_PAGE_ROWS: Final = 1000
_REASON: Final = "Why; it stands in the access log."

commands = AppGroup(
    "holds",
    help="Legal holds: visits that a named case keeps beyond their day.",
    epilog="Example: consent-server holds list",
)


@commands.command(
    "open",
    epilog="Example: consent-server holds open 'Case 7' --site SITE --basis court --reference "
    "2026Ka1 --officer 'J. Kim' --ends 2026-12-31 --reason 'order of the court'",
)
@click.argument("name")
@click.option("--site", "site_key", required=True, help="Key of the site.")
@click.option("--basis", type=click.Choice(BASES), required=True, help="Legal basis.")
@click.option("--reference", required=True, help="Number of the order, case or letter.")
@click.option("--officer", required=True, help="Who answers for it.")
@click.option("--ends", type=Instant(), required=True, help="When it is over, within a year.")
@click.option("--reason", required=True, help=_REASON)
@click.option("--since", type=Instant(), help="Only visits from then on.")
@click.option("--until", type=Instant(), help="Only visits before; default: also new ones.")
@click.option("--address", "by_address", is_flag=True, help="Only of the address on stdin.")
@click.option("--visitor", "by_visitor", is_flag=True, help="Only of the visitor id on stdin.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def open_command(
    name: str,
    site_key: str,
    basis: str,
    reference: str,
    officer: str,
    ends: datetime,
    reason: str,
    since: datetime | None,
    until: datetime | None,
    by_address: bool,
    by_visitor: bool,
    as_json: bool,
) -> None:
    """Open a hold and copy what it covers.

    An address or visitor id is read from stdin: an argument would stay in the shell's history.
    """
    if by_address and by_visitor:
        raise click.UsageError("Use --address or --visitor, not both.")
    narrowed_by = ADDRESS if by_address else VISITOR if by_visitor else EVERYTHING
    new = NewHold(
        name=name,
        basis=basis,
        reference=reference,
        officer=officer,
        site_id=find_site(site_key).id,
        ends_at=ends,
        reason=reason,
        since=since,
        until=until,
        narrowed_by=narrowed_by,
        sought="" if narrowed_by == EVERYTHING else sys.stdin.readline(),
    )
    _print(_keeper().open(new, COMMAND_LINE), as_json)


@commands.command("list", epilog="Example: consent-server holds list --json")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_command(as_json: bool) -> None:
    """List all holds, open ones first."""
    holds = _keeper().all()
    if as_json:
        click.echo(json.dumps([_facts(hold) for hold in holds], ensure_ascii=False))
    for hold in [] if as_json else holds:
        _print(hold, as_json=False)


@commands.command("extend", epilog="Example: consent-server holds extend HOLD --ends 2027-06-30")
@click.argument("hold", type=click.UUID)
@click.option("--ends", type=Instant(), required=True, help="When it is over, within a year.")
@click.option("--reason", required=True, help=_REASON)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def extend_command(hold: UUID, ends: datetime, reason: str, as_json: bool) -> None:
    """Move the end of an open hold."""
    _print(_keeper().extend(hold, ends, COMMAND_LINE, reason), as_json)


@commands.command("release", epilog="Example: consent-server holds release HOLD --reason settled")
@click.argument("hold", type=click.UUID)
@click.option("--reason", required=True, help=_REASON)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.confirmation_option(prompt="Its key and visits are destroyed for good. Go on?")
def release_command(hold: UUID, reason: str, as_json: bool) -> None:
    """End a hold now and destroy what it keeps."""
    _print(_keeper().release(hold, COMMAND_LINE, reason), as_json)


@commands.command("read", epilog="Example: consent-server holds read HOLD --reason 'for the court'")
@click.argument("hold", type=click.UUID)
@click.option("--reason", required=True, help=_REASON)
def read_command(hold: UUID, reason: str) -> None:
    """Print the visits of a hold, newest first, a line of JSON each."""
    before_id = None
    while views := _keeper().read_held(
        hold, COMMAND_LINE, reason, before_id=before_id, limit=_PAGE_ROWS
    ):
        for view in views:
            click.echo(msgspec.json.encode(view))
        before_id = views[-1].id
        if len(views) < _PAGE_ROWS:
            break


def _print(hold: Hold, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(_facts(hold), ensure_ascii=False))
        return
    state = "open" if hold.is_open else "destroyed" if hold.destroyed_at else "ending"
    end = (hold.released_at or hold.ends_at).isoformat()
    click.echo(f"{hold.hold_id}  {state}  {hold.held} visits  until {end}  {hold.name}")


def _facts(hold: Hold) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in asdict(hold).items()
        if name != "hold_id"
    } | {"hold_id": str(hold.hold_id)}


def _keeper() -> HoldKeeper:
    keeper: HoldKeeper = current_app.extensions["consent_server"].holds
    return keeper
