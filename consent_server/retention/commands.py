"""`consent-server retention`: destroy what is due; prove that nothing older exists."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Final

import click
from flask import current_app
from flask.cli import AppGroup
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from consent_server import clock
from consent_server.errors import Busy, CommandError
from consent_server.instants import Instant
from consent_server.retention.due import RECORD_CLASS, Due
from consent_server.retention.services import Destroyed, Retention
from consent_server.retention.steps import STEPS
from consent_server.retention.wording import LANGUAGES, printed
from consent_server.storage.leases import TURN_SECONDS

_LOOK_SECONDS: Final = 0.5  # between two looks whether another process is ready

commands = AppGroup(
    "retention",
    help="How long records are kept, and their destruction on the day.",
    epilog="Example: consent-server retention check",
)


@commands.command("run", epilog="Example: consent-server retention run --dry-run")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--dry-run", is_flag=True, help="Say what would be destroyed now; change nothing.")
def run_command(as_json: bool, dry_run: bool) -> None:
    """Count and archive visits whose time has come; destroy and certify what is over."""
    if dry_run:
        _print_due(_retention().due(), as_json)
        return
    is_kept_up = current_app.extensions["consent_server"].upkeep.run()
    with _progress() as progress:
        task = progress.add_task("waiting for another run", total=len(STEPS))
        done = _run_when_free(lambda step: progress.update(task, advance=1, description=step))
        _retention().give_room_back()
    if as_json:
        facts = asdict(done) | {"days": [day.isoformat() for day in done.days]}
        click.echo(json.dumps(facts))
    else:
        click.echo(
            f"destroyed {done.visits} visits, {done.archived_visits} archived visits, "
            f"{len(done.days)} day keys, {sum(done.classes.values())} rows of other classes; "
            f"issued {len(done.certificates)} certificates"
        )
    if not is_kept_up:
        raise CommandError("Visits could not be counted or archived; see above, run this again.")
    if not done.is_scrubbed:
        raise CommandError("A long reader is in the way of the last traces; run this again.")


def _run_when_free(on_step: Callable[[str], None]) -> Destroyed:
    """Runs as soon as no other process does; a killed one is waited for until its lease ends."""
    deadline = time.monotonic() + TURN_SECONDS + _LOOK_SECONDS
    while True:
        try:
            return _retention().run(on_step=on_step)
        except Busy:
            if time.monotonic() > deadline:
                raise
        clock.pause(_LOOK_SECONDS)


def _print_due(due: Sequence[Due], as_json: bool) -> None:
    facts = [
        {
            "class": RECORD_CLASS,
            "day": each.day.isoformat(),
            "gone_at": each.gone_at.isoformat(),
            "records": each.records,
            "keys": int(each.has_key),
        }
        for each in due
    ]
    if as_json:
        click.echo(json.dumps(facts))
        return
    for fact in facts:
        click.echo("{class}  {day}  {records} records  {keys} keys".format(**fact))
    click.echo(f"{len(facts)} days would be destroyed now; nothing was changed")


@commands.command("check", epilog="Example: consent-server retention check --json")
@click.option("--json", "as_json", is_flag=True, help="Print JSON; `older` is the count.")
@click.option("--older-than", type=Instant(), help="Count what was recorded before, due or not.")
@click.option("--quick", is_flag=True, help="Do not read the files of SQLite byte by byte.")
def check_command(as_json: bool, older_than: datetime | None, quick: bool) -> None:
    """Exit 1 if anything exists whose period has ended, in tables, files, logs or the ring."""
    older = _retention().check(older_than=older_than, in_files=not quick)
    if as_json:
        click.echo(json.dumps({"older": older.total, **asdict(older)}))
    else:
        what = "were recorded before then" if older_than else "exist whose period has ended"
        click.echo(f"{older.total} records or keys {what}")
        for look in older.looked_at:
            click.echo(f"  {look.place}: {look.found}")
        if older.open:
            click.echo(f"  {older.open} destructions have begun and are not certified yet")
    if older.total or older.traces:
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
    """Say how many records and keys go when."""
    forecast = _retention().forecast()
    facts = [
        {
            "class": each.record_class,
            "gone_at": each.gone_at.isoformat(),
            "records": each.records,
            "keys": each.keys,
            "is_due": each.is_due,
        }
        for each in forecast
    ]
    if as_json:
        click.echo(json.dumps(facts))
    for fact in [] if as_json else facts:
        line = "{gone_at}  {class}  {records} records  {keys} keys".format(**fact)
        click.echo(line + "  overdue" * bool(fact["is_due"]))


def _progress() -> Progress:
    """A bar on stderr, silent when stderr is not a terminal."""
    console = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    return Progress(*columns, console=console, disable=not console.is_terminal)


def _retention() -> Retention:
    retention: Retention = current_app.extensions["consent_server"].retention
    return retention
