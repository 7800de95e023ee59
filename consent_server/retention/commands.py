"""`consent-server retention`: destroy what is due; prove that nothing older exists."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

import click
from flask import current_app
from flask.cli import AppGroup

from consent_server.errors import CommandError
from consent_server.retention.services import Retention

commands = AppGroup(
    "retention",
    help="Destruction of visit records on their day.",
    epilog="Example: consent-server retention check",
)


@commands.command("run", epilog="Example: consent-server retention run")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def run_command(as_json: bool) -> None:
    """Count and archive visits whose time has come; destroy those whose period has ended."""
    is_kept_up = current_app.extensions["consent_server"].upkeep.run()
    done = _retention().run()
    if as_json:
        facts = asdict(done) | {"days": [day.isoformat() for day in done.days]}
        click.echo(json.dumps(facts))
    else:
        click.echo(
            f"destroyed {done.visits} visits, {done.archived_visits} archived visits, "
            f"{len(done.days)} day keys"
        )
    if not is_kept_up:
        raise CommandError("Visits could not be counted or archived; see above, run this again.")
    if not done.is_scrubbed:
        raise CommandError("A long reader is in the way of the last traces; run this again.")


@commands.command("check", epilog="Example: consent-server retention check --json")
@click.option("--json", "as_json", is_flag=True, help="Print JSON; `older` is the count.")
def check_command(as_json: bool) -> None:
    """Exit 1 if anything exists whose period has ended."""
    older = _retention().check()
    if as_json:
        click.echo(json.dumps({"older": older.total, **asdict(older)}))
    else:
        click.echo(f"{older.total} records or keys exist whose period has ended")
    if older.total:
        sys.exit(1)


@commands.command("forecast", epilog="Example: consent-server retention forecast --json")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def forecast_command(as_json: bool) -> None:
    """Say how many visit records go when."""
    forecast = _retention().forecast()
    if as_json:
        click.echo(
            json.dumps([asdict(due) | {"gone_at": due.gone_at.isoformat()} for due in forecast])
        )
    for due in [] if as_json else forecast:
        click.echo(f"{due.gone_at.isoformat()}  {due.records}" + ("  overdue" * due.is_due))


def _retention() -> Retention:
    retention: Retention = current_app.extensions["consent_server"].retention
    return retention
