"""`consent-server policies export|import`: a whole site as one file that can live in git."""

from __future__ import annotations

import json
from typing import BinaryIO

import click
from flask import current_app

from consent_server.audit.services import COMMAND_LINE
from consent_server.config import Settings
from consent_server.policies.commands import log_act
from consent_server.policies.draft_commands import commands
from consent_server.setups.schemas import FILE_BYTES_MAX, SiteFile, read_file, write_file
from consent_server.setups.services import (
    apply,
    configuration_of,
    file_differences,
    take_over_draft,
)
from consent_server.sites.models import Site
from consent_server.sites.services import find_site

__all__ = ["commands"]


@commands.command("export", epilog="Example: consent-server policies export SITE > shop.json")
@click.argument("site_key")
@click.option("--draft", "of_draft", is_flag=True, help="With the draft, not what is in force.")
@click.option("-o", "--output", type=click.File("wb"), default="-", help="Default: stdout.")
def export_command(site_key: str, of_draft: bool, output: BinaryIO) -> None:
    """Write all that can be said about a site: facts, banner, notice. Same state, same bytes."""
    output.write(write_file(_present(find_site(site_key), of_draft=of_draft)))


@commands.command("import", epilog="Example: consent-server policies import SITE shop.json")
@click.argument("site_key")
@click.argument("file", type=click.File("rb"))
@click.option("--apply", "is_applied", is_flag=True, help="Also take over facts and banner.")
@click.option("--json", "as_json", is_flag=True, help="Print the differences as JSON.")
def import_command(site_key: str, file: BinaryIO, is_applied: bool, as_json: bool) -> None:
    """Show how a file differs from the site, and make its notice the draft.

    The notice waits to be announced or published. Facts of the site and settings of the banner
    have no draft: they change at once, and only with --apply.
    """
    site, wanted = find_site(site_key), read_file(file.read(FILE_BYTES_MAX + 1))
    lines = file_differences(_present(site), wanted)
    others = [line for line in lines if not line[2:].startswith("notice")]
    take_over_draft(site, wanted, COMMAND_LINE)
    if is_applied and others:
        apply(find_site(site_key), wanted)
    log_act("policy.import", find_site(site_key).id, len(lines))
    if as_json:
        click.echo(json.dumps({"differences": lines, "applied": is_applied and bool(others)}))
        return
    for line in lines or ["nothing differs"]:
        click.echo(line)
    click.echo("the notice is the draft now; next: policies announce or policies publish")
    if others and not is_applied:
        click.echo("facts and banner stay as they are; --apply takes them over")


def _present(site: Site, *, of_draft: bool = False) -> SiteFile:
    settings: Settings = current_app.extensions["consent_server"].settings
    schema = f"{settings.public_url}/schemas/site.json"
    return configuration_of(site, schema, of_draft=of_draft)
