"""`consent-server access-log`: verify the log and its reviews, and hand them out."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from consent_server.audit.files import csv_blocks
from consent_server.audit.services import COMMAND_LINE, Act, LogFilter, log_entries, record_act
from consent_server.errors import CommandError
from consent_server.reviews.services import Reviewer
from consent_server.reviews.statement import as_stated, is_genuine
from consent_server.reviews.verifying import Verified, verify_log
from consent_server.sites.services import all_sites

commands = AppGroup(
    "access-log",
    help="What operators did, and its monthly reviews.",
    epilog="Example: consent-server access-log verify",
)
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@commands.command("verify", epilog="Example: consent-server access-log verify")
@_json
def verify_command(as_json: bool) -> None:
    """Exit 1 if an entry or a review is not as it was written, or one is missing."""
    told = Verified()
    faults = list(verify_log(_reviewer(), told))
    if as_json:
        click.echo(json.dumps(asdict(told) | {"faults": [asdict(each) for each in faults]}))
    for each in [] if as_json else faults:
        click.echo(f"{each.place}: {each.fault}: {each.words}")
    if not as_json:
        click.echo(f"{told.entries} entries and {told.reviews} reviews looked at")
        if told.unsigned:
            click.echo(f"{told.unsigned} entries are older than signatures; nothing covers them")
        if not faults:
            click.echo("every entry and review is as it was written, none is missing")
    if faults:
        sys.exit(1)


@commands.command("reviews", epilog="Example: consent-server access-log reviews --json")
@_json
def reviews_command(as_json: bool) -> None:
    """List the months, newest first, and who signed which."""
    for each in _reviewer().months():
        stated = [as_stated(review) for review in each.reviews]
        if as_json:
            facts = {"month": str(each.month), "state": each.state, "due_on": str(each.due_on)}
            click.echo(json.dumps(facts | {"reviews": stated}, ensure_ascii=False))
            continue
        signed = [f"{one.reviewer} {'' if is_genuine(one) else '(forged)'}" for one in each.reviews]
        click.echo(f"{each.month}  {each.state}  due {each.due_on}  {', '.join(signed)}".rstrip())


@commands.command(
    "export", epilog='Example: consent-server access-log export --reason "audit" -o log.csv'
)
@click.option("--reason", required=True, help="It stands in the log.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Default: stdout.")
def export_command(reason: str, output: Path | None) -> None:
    """Write the whole log as CSV."""
    record_act(Act(operator=COMMAND_LINE, act="log.export", reason=reason))
    sites = {site.id: site.key for site in all_sites()}
    blocks = csv_blocks(log_entries(LogFilter()), sites, str)
    if output is None:
        for block in blocks:
            click.echo(block, nl=False)
        return
    try:
        _write_file(blocks, output.resolve())
    except OSError as error:
        raise CommandError(f"Cannot write {output}: {error.strerror}.") from error


def _write_file(blocks: Iterable[bytes], output: Path) -> None:
    """Readable by its owner only, and complete or not there at all."""
    descriptor, draft = tempfile.mkstemp(dir=output.parent, prefix=f".{output.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(blocks)
        Path(draft).replace(output)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def _reviewer() -> Reviewer:
    reviewer: Reviewer = current_app.extensions["consent_server"].reviewer
    return reviewer
