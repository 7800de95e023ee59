"""`consent-server consents export` and `visits export`: records into a file or a pipe."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Final, get_args

import click
from flask import current_app
from flask.cli import AppGroup
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from consent_server.audit.services import COMMAND_LINE
from consent_server.errors import CommandError
from consent_server.instants import Instant
from consent_server.reports.exports import Export, Exporter, Kind, Order, Purpose
from consent_server.reports.ledger import find_copy
from consent_server.reports.manifest import ManifestMaker
from consent_server.reports.preparing import MANIFEST_SUFFIX
from consent_server.reports.tables import FORMATS
from consent_server.sites.services import find_site
from consent_server.visits.days import VisitDays

consent_commands = AppGroup(
    "consents", help="Consent records.", epilog="Example: consent-server consents export -o c.csv"
)
visit_commands = AppGroup(
    "visits", help="Visit records.", epilog="Example: consent-server visits export --site KEY"
)
_HAND_OVER_SECONDS: Final = 0.001  # after which a thread lets another one have the interpreter
PURPOSES: Final[tuple[str, ...]] = tuple(filter(None, get_args(Purpose)))


def _export_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--site", "site_key", help="Key of one site; default: all sites."),
        click.option("--format", "file_format", type=click.Choice(FORMATS), default="csv"),
        click.option("--since", type=Instant(), help="First instant, such as 2026-01-15."),
        click.option("--until", type=Instant(), help="First instant left out."),
        click.option("--bom", is_flag=True, help="Begin CSV with a BOM (Korean Excel)."),
        click.option("--purpose", type=click.Choice(PURPOSES), default=None, help="What for."),
        click.option("--reason", default="export on the command line", help="For the access log."),
        click.option(
            "-o",
            "--output",
            type=click.Path(path_type=Path),
            help="File; its manifest lies beside it. Default: stdout.",
        ),
    ):
        command = option(command)
    return command


@consent_commands.command("export", epilog="Example: consent-server consents export -o c.csv")
@_export_options
def export_consents(**options: Any) -> None:
    """Write consent records as CSV, NDJSON, XLSX or Parquet; logged."""
    _export("consents", is_masked=False, **options)


@visit_commands.command("export", epilog="Example: consent-server visits export --site KEY")
@_export_options
@click.option(
    "--masked/--unmasked",
    "is_masked",
    default=False,
    help="Without whole addresses, ids and user agents. Default: unmasked.",
)
def export_visits(**options: Any) -> None:
    """Write visit records that may still be read; logged."""
    _export("visits", **options)


def _export(
    kind: Kind,
    site_key: str | None,
    file_format: Any,
    since: datetime | None,
    until: datetime | None,
    bom: bool,
    purpose: Any,
    reason: str,
    output: Path | None,
    is_masked: bool,
) -> None:
    export = Export(
        kind=kind,
        format=file_format,
        site_id=find_site(site_key).id if site_key else None,
        since=since,
        until=until,
        is_masked=is_masked,
        bom=bom,
    )
    exporter: Exporter = current_app.extensions["consent_server"].exporter
    order = exporter.enter(
        Order(export=export, operator=COMMAND_LINE, reason=reason, purpose=purpose or "")
    )
    # one thread reads pages, another finishes them; at the usual 5 ms each waits for the other
    sys.setswitchinterval(_HAND_OVER_SECONDS)
    with _progress() as progress:
        total = None if progress.disable else exporter.count(export)
        task = progress.add_task(kind, total=total)
        blocks = exporter.blocks(order, lambda rows: progress.update(task, completed=rows))
        _write(blocks, output)
    if output is not None and output.is_file():
        _write_manifest(order.reference, output)
    if kind == "visits":
        _tell_of_archive(export)


def _write_manifest(reference: str, output: Path) -> None:
    manifests: ManifestMaker = current_app.extensions["consent_server"].manifests
    manifest = manifests.of(find_copy(reference), output.name)
    _write(iter([manifest]), output.with_name(output.name + MANIFEST_SUFFIX))


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
    """A bar on stderr, silent when stderr is not a terminal."""
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,} of {task.total:,} rows"),
        TimeRemainingColumn(),
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
