"""`consent-server exports schedule`: exports that are made again and again."""

from __future__ import annotations

import json
from typing import Any, cast

import click
from flask import current_app
from flask.cli import AppGroup

from consent_server.audit.services import COMMAND_LINE
from consent_server.reports.commands import PURPOSES
from consent_server.reports.exports import COLUMNS, Kind, Purpose
from consent_server.reports.rules import EVERY
from consent_server.reports.schedules import (
    NewSchedule,
    Scheduling,
    all_schedules,
    remove_schedule,
)
from consent_server.reports.tables import FORMATS
from consent_server.sites.services import find_site, site_keys
from consent_server.storage.database import db

schedule_commands = AppGroup(
    "schedule",
    help="Exports that are made again and again, masked.",
    epilog="Example: consent-server exports schedule list",
)


@schedule_commands.command(
    "add",
    epilog="Example: consent-server exports schedule add consents --every month --folder audit "
    "--purpose audit --reason 'monthly review'",
)
@click.argument("kind", type=click.Choice(list(COLUMNS)))
@click.option("--site", "site_key", help="Key of one site; default: all sites.")
@click.option("--format", "file_format", type=click.Choice(FORMATS), default="csv")
@click.option("--every", type=click.Choice(EVERY), required=True, help="Of each period, once over.")
@click.option("--folder", help="Folder below CONSENT_EXPORTS_DIR/scheduled.")
@click.option("--bucket", help="Bucket, and prefix if you like: my-bucket/consents.")
@click.option("--purpose", type=click.Choice(PURPOSES), required=True, help="What for.")
@click.option("--reason", required=True, help="Why; it stands in the access log.")
def add_command(
    kind: str,
    site_key: str | None,
    file_format: Any,
    every: Any,
    folder: str | None,
    bucket: str | None,
    purpose: str,
    reason: str,
) -> None:
    """Export each day, week or month when it is over."""
    if (folder is None) == (bucket is None):
        raise click.UsageError("Name either a --folder or a --bucket.")
    new = NewSchedule(
        kind=cast(Kind, kind),
        format=file_format,
        every=every,
        place="bucket" if folder is None else "folder",
        target=folder or bucket or "",
        reason=reason,
        purpose=cast(Purpose, purpose),
        site_id=find_site(site_key).id if site_key else None,
    )
    scheduling: Scheduling = current_app.extensions["consent_server"].scheduling
    click.echo(f"schedule {scheduling.add(new, COMMAND_LINE)}")


@schedule_commands.command("list", epilog="Example: consent-server exports schedule list --json")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_command(as_json: bool) -> None:
    """List schedules."""
    keys = site_keys(db.engine)
    found = [
        {
            "number": row.id,
            "kind": row.kind,
            "site": keys.get(row.site_id),
            "format": row.format,
            "every": row.every,
            "place": f"{row.place}:{row.target}",
            "next_at": row.next_at.isoformat(),
            "purpose": row.purpose,
            "reason": row.reason,
        }
        for row in all_schedules()
    ]
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
    for each in [] if as_json else found:
        click.echo(
            f"{each['number']}  {each['kind']} of {each['site'] or 'all sites'} every "
            f"{each['every']} as {each['format']} to {each['place']}, next at {each['next_at']}"
        )


@schedule_commands.command("remove", epilog="Example: consent-server exports schedule remove 3")
@click.argument("number", type=int)
def remove_command(number: int) -> None:
    """End a schedule; files that it delivered stay until their day."""
    remove_schedule(number, COMMAND_LINE)
    click.echo(f"schedule {number} is removed")
