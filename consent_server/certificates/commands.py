"""`consent-server certificates`: read, hand out and verify the ledger of destruction."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup

from consent_server.certificates.files import (
    all_confirmations,
    csv_lines,
    ndjson_lines,
    read_ndjson,
)
from consent_server.certificates.rules import Certificate, Fault, as_stated, faults_of
from consent_server.certificates.services import (
    confirmations_of,
    each_certificate,
    find_certificate,
    newest_certificates,
)
from consent_server.certificates.verifying import verify_ledger
from consent_server.errors import CommandError, NotFound
from consent_server.storage.database import db

commands = AppGroup(
    "certificates",
    help="The ledger of destruction.",
    epilog="Example: consent-server certificates verify",
)


@commands.command("list", epilog="Example: consent-server certificates list --limit 10")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_command(limit: int, as_json: bool) -> None:
    """List certificates, newest first."""
    found = newest_certificates(limit=limit)
    if as_json:
        click.echo(json.dumps([as_stated(each) for each in found], ensure_ascii=False))
    for each in [] if as_json else found:
        click.echo(
            f"{each.number}  {each.ended_at.isoformat(timespec='seconds')}  {each.record_class}  "
            f"{each.day}  {each.records} records  {each.reason}  {each.digest[:12]}"
        )


@commands.command("show", epilog="Example: consent-server certificates show 12 --json")
@click.argument("number", type=click.IntRange(1))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show_command(number: int, as_json: bool) -> None:
    """Show one certificate and who confirmed it."""
    try:
        certificate = find_certificate(number)
    except NotFound as error:
        raise CommandError(f"There is no certificate {number}; see `certificates list`.") from error
    confirmed = confirmations_of([number])
    if as_json:
        click.echo("".join(ndjson_lines([certificate], confirmed)).rstrip())
        return
    for name, value in as_stated(certificate).items():
        click.echo(f"{name}: {value}")
    for one in confirmed[number]:
        click.echo(f"confirmed: {one.operator} {one.at.isoformat(timespec='seconds')}")


@commands.command("export", epilog="Example: consent-server certificates export -o ledger.ndjson")
@click.option("--format", "file_format", type=click.Choice(["ndjson", "csv"]), default="ndjson")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Default: stdout.")
def export_command(file_format: str, output: Path | None) -> None:
    """Write the whole ledger; NDJSON can be verified by anybody."""
    write = csv_lines if file_format == "csv" else ndjson_lines
    lines = write(each_certificate(db.engine), all_confirmations())
    if output is None:
        sys.stdout.writelines(lines)
        return
    with output.open("w", encoding="utf-8", newline="") as file:
        file.writelines(lines)


@commands.command("verify", epilog="Example: consent-server certificates verify ledger.ndjson")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--key", default="", help="Public key that every certificate must be signed with.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify_command(file: Path | None, key: str, as_json: bool) -> None:
    """Exit 1 if a byte of the ledger, or of an exported FILE, is not as it was issued."""
    faults = list(_faults_in_file(file, key) if file else _faults_here())
    if as_json:
        facts: list[dict[str, Any]] = [
            {"number": each.number, "fault": each.fault, "words": each.words} for each in faults
        ]
        click.echo(json.dumps({"faults": facts}))
    for each in [] if as_json else faults:
        click.echo(f"certificate {each.number}: {each.fault}: {each.words}")
    if not as_json and not faults:
        click.echo("every certificate is as it was issued, none is missing")
    if faults:
        sys.exit(1)


def _faults_in_file(file: Path, key: str) -> Iterable[Fault]:
    with file.open(encoding="utf-8") as lines:
        certificates: list[Certificate] = list(read_ndjson(lines))
    return faults_of(certificates, own_key=key)


def _faults_here() -> Iterable[Fault]:
    house = current_app.extensions["consent_server"]
    return verify_ledger(db.engine, house.certificate_key, house.ledger_head)
