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
from consent_server.retention.wording import LANGUAGES, printed

commands = AppGroup(
    "retention",
    help="How long records are kept, and their destruction on the day.",
    epilog="Example: consent-server retention check",
)


@commands.command("run", epilog="Example: consent-server retention run")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def run_command(as_json: bool) -> None:
    """Destroy every record whose period has ended."""
    done = _retention().run()
    if as_json:
        facts = asdict(done) | {"days": [day.isoformat() for day in done.days]}
        click.echo(json.dumps(facts))
    else:
        click.echo(
            f"destroyed {done.visits} visits, {done.archived_visits} archived visits, "
            f"{len(done.days)} day keys, {sum(done.classes.values())} rows of other classes"
        )
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


@commands.command("classes", epilog="Example: consent-server retention classes --language ko")
@click.option("--language", type=click.Choice(LANGUAGES), default="en", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def classes_command(language: str, as_json: bool) -> None:
    """Print each record class with its period, basis and reason: what is enforced."""
    classes = current_app.extensions["consent_server"].classes
    lines = printed(classes, language)
    if as_json:
        facts = {record_class.name: asdict(record_class) for record_class in classes}
        click.echo(
            json.dumps([facts[line.name] | asdict(line) for line in lines], ensure_ascii=False)
        )
    for line in [] if as_json else lines:
        click.echo(
            f"{line.title}: {line.period}" + (f" ({line.counts_from})" * bool(line.counts_from))
        )
        click.echo(f"    {line.basis}")
        click.echo(f"    {line.reason}. {line.place}. {line.readers}. {line.way}.")


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
