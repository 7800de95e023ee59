"""`consent-server disclosures`: ask for archived visits, read what was approved, show the ledger.

A shell cannot prove a second person, so requests are approved in the console only.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup

from consent_server.audit.services import COMMAND_LINE
from consent_server.disclosures.requests import ask, find
from consent_server.disclosures.rules import BASES, ITEMS, Asked
from consent_server.disclosures.services import ArchiveReader, device_words, ledger
from consent_server.sites.services import find_site

commands = AppGroup(
    "disclosures",
    help="Reading the archive on a legal basis, and the ledger of what was handed over.",
    epilog="Example: consent-server disclosures list",
)
_instant = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S%z"])


@commands.command(
    "request",
    epilog="Example: consent-server disclosures request --basis subject_access "
    "--since 2026-01-01 --until 2026-02-01 --reason 'ticket 12'",
)
@click.option("--basis", type=click.Choice(sorted(BASES)), required=True, help="Legal basis.")
@click.option("--since", type=_instant, required=True, help="First day or instant.")
@click.option("--until", type=_instant, required=True, help="First day or instant left out.")
@click.option("--reason", required=True, help="Why; write no address of a visitor here.")
@click.option("--authority", default="", help="Who demands the records.")
@click.option("--permit-number", default="", help="Number of the court's permit.")
@click.option("--site", "site_key", help="Key of one site; default: all sites.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def request_command(
    site_key: str | None, since: datetime, until: datetime, as_json: bool, **words: Any
) -> None:
    """Ask to read visits, those in the archive included; an owner approves in the console."""
    row = ask(
        Asked(
            since=_in_zone(since),
            until=_in_zone(until),
            items=ITEMS,
            site_id=find_site(site_key).id if site_key else None,
            **words,
        ),
        COMMAND_LINE,
    )
    if as_json:
        click.echo(json.dumps({"reference": row.reference, "state": "pending"}))
    else:
        click.echo(f"asked: {row.reference}; an owner approves it under /admin/archive")


@commands.command("read", epilog="Example: consent-server disclosures read 4f1c09ab77")
@click.argument("reference")
@click.option("--address", default="", help="Only visits of this IP address.")
def read_command(reference: str, address: str) -> None:
    """Print the first 200 records of an approved request as NDJSON; logged."""
    archive: ArchiveReader = current_app.extensions["consent_server"].archive
    items = find(reference).items
    shown = archive.read(reference, COMMAND_LINE, address)
    for found in shown.found:
        facts = {item: getattr(found.visit, item, None) for item in items}
        facts |= {"recorded_at": found.visit.recorded_at.isoformat()}
        facts |= {"device": device_words(found)} if "device" in items else {}
        facts |= {"site": found.visit.site_id} if "site" in items else {}
        click.echo(json.dumps(facts | {"is_archived": found.is_archived}, ensure_ascii=False))
    if shown.has_more:
        click.echo("more records fit; ask for a shorter period", err=True)


@commands.command("list", epilog="Example: consent-server disclosures list --json")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_command(as_json: bool) -> None:
    """List what was handed to authorities, newest first."""
    entries = [
        {
            "reference": entry.reference,
            "at": entry.at.isoformat(),
            "authority": entry.authority,
            "permit_number": entry.permit_number,
            "basis": entry.basis,
            "record_count": entry.record_count,
            "sha256": entry.sha256,
        }
        for entry in ledger(limit=None)
    ]
    if as_json:
        click.echo(json.dumps(entries, ensure_ascii=False))
    for entry in [] if as_json else entries:
        click.echo(f"{entry['at']}  {entry['authority']}  {entry['record_count']} records")


def _in_zone(instant: datetime) -> datetime:
    """Takes a day without a zone for one in the zone of the law."""
    if instant.tzinfo is not None:
        return instant
    zone = current_app.extensions["consent_server"].settings.visit_period.zone
    return instant.replace(tzinfo=zone)
