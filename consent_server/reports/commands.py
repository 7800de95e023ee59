"""`consent-server consents export`, `visits export`, and `exports`: what became of the copies."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import click
from flask import current_app
from flask.cli import AppGroup
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from consent_server import clock
from consent_server.audit.services import COMMAND_LINE
from consent_server.errors import CommandError
from consent_server.instants import Instant
from consent_server.reports.exports import Export, Exporter, Kind
from consent_server.reports.ledger import check_off, open_copies
from consent_server.reports.models import ExportedCopy
from consent_server.sites.services import find_site
from consent_server.visits.days import VisitDays

consent_commands = AppGroup(
    "consents", help="Consent records.", epilog="Example: consent-server consents export -o c.csv"
)
visit_commands = AppGroup(
    "visits", help="Visit records.", epilog="Example: consent-server visits export --site KEY"
)

export_commands = AppGroup(
    "exports",
    help="Exported copies, and their destruction.",
    epilog="Example: consent-server exports list",
)


def _export_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--site", "site_key", help="Key of one site; default: all sites."),
        click.option(
            "--format", "file_format", type=click.Choice(["csv", "ndjson"]), default="csv"
        ),
        click.option("--since", type=Instant(), help="First instant, such as 2026-01-15."),
        click.option("--until", type=Instant(), help="First instant left out."),
        click.option("--bom", is_flag=True, help="Begin with a BOM (Korean Excel)."),
        click.option("--reason", default="export on the command line", help="For the access log."),
        click.option("-o", "--output", type=click.Path(path_type=Path), help="Default: stdout."),
    ):
        command = option(command)
    return command


@consent_commands.command("export", epilog="Example: consent-server consents export -o c.csv")
@_export_options
def export_consents(**options: Any) -> None:
    """Write consent records as CSV or NDJSON; logged."""
    _export("consents", **options)


@visit_commands.command("export", epilog="Example: consent-server visits export --site KEY")
@_export_options
def export_visits(**options: Any) -> None:
    """Write visit records that may still be read; logged."""
    _export("visits", **options)


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


def _facts(copy: ExportedCopy, now: datetime) -> dict[str, Any]:
    return {
        "reference": copy.reference,
        "owner": copy.owner,
        "kind": copy.kind,
        "chosen": copy.chosen,
        "rows": copy.row_count,
        "sha256": copy.sha256,
        "reason": copy.reason,
        "made_at": copy.made_at.isoformat(),
        "expires_at": copy.expires_at.isoformat(),
        "is_overdue": copy.expires_at <= now,
    }


def _export(
    kind: Kind,
    site_key: str | None,
    file_format: Any,
    since: datetime | None,
    until: datetime | None,
    bom: bool,
    reason: str,
    output: Path | None,
) -> None:
    export = Export(
        kind=kind,
        format=file_format,
        site_id=find_site(site_key).id if site_key else None,
        since=since,
        until=until,
        bom=bom,
    )
    exporter: Exporter = current_app.extensions["consent_server"].exporter
    with _progress() as progress:
        task = progress.add_task(kind, total=None, rows=0)
        blocks = exporter.stream(
            export,
            operator=COMMAND_LINE,
            reason=reason,
            progress=lambda rows: progress.update(task, rows=rows),
        )
        _write(blocks, output)
    if kind == "visits":
        _tell_of_archive(export)


def _tell_of_archive(export: Export) -> None:
    """Says what is not in the file: this command reads the operating database alone."""
    days: VisitDays = current_app.extensions["consent_server"].days
    if count := days.archived(export.site_id, export.since, export.until):
        click.echo(
            f"{count} more visit records of these days lie in the archive, for the use that the "
            "law names; ask for them with `consent-server disclosures request`.",
            err=True,
        )


def _progress() -> Progress:
    """A counter on stderr, silent when stderr is not a terminal."""
    console = Console(stderr=True)
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TextColumn("{task.fields[rows]} rows"),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
    )


def _write(blocks: Iterator[bytes], output: Path | None) -> None:
    if output is None:
        _pour(blocks, sys.stdout.buffer)
        return
    try:
        _write_file(blocks, output)
    except OSError as error:
        raise CommandError(f"Cannot write {output}: {error.strerror}.") from error


def _write_file(blocks: Iterator[bytes], output: Path) -> None:
    if output.exists() and not output.is_file():  # a device or a pipe is written to, not replaced
        with output.open("wb") as file:
            _pour(blocks, file)
        return
    output = output.resolve()
    descriptor, draft = tempfile.mkstemp(dir=output.parent, prefix=f".{output.name}.")
    try:  # readable by its owner only, and complete or not there at all
        with os.fdopen(descriptor, "wb") as file:
            _pour(blocks, file)
        Path(draft).replace(output)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def _pour(blocks: Iterator[bytes], target: BinaryIO) -> None:
    for block in blocks:
        target.write(block)
    target.flush()
