"""`consent-server exports`: what became of the copies, whether a file is whole, what waits."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup

from consent_server import clock
from consent_server.audit.services import COMMAND_LINE
from consent_server.errors import CommandError
from consent_server.reports.jobs import facts, jobs_of
from consent_server.reports.ledger import check_off, find_copy, open_copies
from consent_server.reports.manifest import ManifestMaker, verify
from consent_server.reports.models import ExportedCopy
from consent_server.reports.preparing import ExportRunner
from consent_server.reports.schedule_commands import schedule_commands

export_commands = AppGroup(
    "exports",
    help="Exported copies, and their destruction.",
    epilog="Example: consent-server exports list",
)
export_commands.add_command(schedule_commands)


@export_commands.command("list", epilog="Example: consent-server exports list --overdue")
@click.option("--overdue", is_flag=True, help="Only those that should be destroyed; exit 1 if any.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_copies(overdue: bool, as_json: bool) -> None:
    """List copies that are not destroyed yet, the most urgent first."""
    now = clock.now()
    copies = [copy for copy in open_copies() if not overdue or copy.expires_at <= now]
    if as_json:
        click.echo(json.dumps([_facts(copy, now) for copy in copies], ensure_ascii=False))
    for copy in [] if as_json else copies:
        late = "  overdue" if copy.expires_at <= now else ""
        count = "broken off" if copy.finished_at is None else f"{copy.row_count} rows"
        click.echo(
            f"{copy.reference}  until {copy.expires_at.isoformat()}  {copy.kind}, {count}  "
            f"{copy.owner}: {copy.reason}{late}"
        )
    if overdue and copies:
        sys.exit(1)


@export_commands.command("shred", epilog="Example: consent-server exports shred export-0123abcd")
@click.argument("reference")
@click.confirmation_option(prompt="Is the file destroyed, and every copy of it?")
def shred_copy(reference: str) -> None:
    """Say that a copy is destroyed. Destroys no file itself."""
    copy = check_off(reference, COMMAND_LINE, may_for_others=True)
    assert copy.shredded_at is not None
    click.echo(f"{reference} is noted as destroyed since {copy.shredded_at.isoformat()}")


@export_commands.command(
    "manifest", epilog="Example: consent-server exports manifest export-0123abcd"
)
@click.argument("reference")
def print_manifest(reference: str) -> None:
    """Print the signed manifest of an export."""
    manifests: ManifestMaker = current_app.extensions["consent_server"].manifests
    click.echo(manifests.of(find_copy(reference)), nl=False)


@export_commands.command(
    "verify", epilog="Example: consent-server exports verify c.csv c.csv.manifest.json"
)
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("manifest", type=click.Path(path_type=Path))
def verify_file(file: Path, manifest: Path) -> None:
    """Tell whether a file is the one of its manifest, and both unchanged."""
    stated = verify(file, manifest)
    ours: ManifestMaker = current_app.extensions["consent_server"].manifests
    signer = "this service" if stated["public_key"] == ours.key.public else "another service"
    click.echo(
        f"{file} is the file of {stated['reference']}: {stated['rows']} rows, "
        f"{stated['bytes']} bytes, to be destroyed by {stated['expires_at']}"
    )
    click.echo(f"signed by {signer}, key {stated['public_key']}")


@export_commands.command("waiting", epilog="Example: consent-server exports waiting --json")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_jobs(as_json: bool) -> None:
    """List exports in the background, the newest first."""
    found = [facts(job) for job in jobs_of(None)]
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
    for job in [] if as_json else found:
        line = "  ".join(str(job[name]) for name in ("reference", "state", "rows", "place", "file"))
        click.echo(f"{line}  {job['problem']}".rstrip())


@export_commands.command("run", epilog="Example: consent-server exports run")
def run_waiting() -> None:
    """Do what waits: exports in the background and by schedule, files that must go."""
    runner: ExportRunner = current_app.extensions["consent_server"].export_runner
    if not runner.run():
        raise CommandError("An export failed; see `consent-server exports waiting`.")


def _facts(copy: ExportedCopy, now: datetime) -> dict[str, Any]:
    return {
        "reference": copy.reference,
        "owner": copy.owner,
        "kind": copy.kind,
        "chosen": copy.chosen,
        "rows": copy.row_count,
        "bytes": copy.byte_count,
        "sha256": copy.sha256,
        "purpose": copy.purpose,
        "reason": copy.reason,
        "made_at": copy.made_at.isoformat(),
        "expires_at": copy.expires_at.isoformat(),
        "is_overdue": copy.expires_at <= now,
    }
