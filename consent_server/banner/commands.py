"""`consent-server banner`: show and change how a site's banner behaves."""

from __future__ import annotations

from typing import BinaryIO

import click
import msgspec
from flask.cli import AppGroup

from consent_server.banner.schemas import decoder
from consent_server.errors import CommandError
from consent_server.sites.services import find_site, keep_banner_settings

commands = AppGroup(
    "banner",
    help="How the banner of a site behaves and looks.",
    epilog="Example: consent-server banner show SITE",
)


@commands.command("show", epilog="Example: consent-server banner show k3v9x2m4p7qa > banner.json")
@click.argument("key")
def show_command(key: str) -> None:
    """Print all settings of a site's banner as JSON."""
    settings = decoder.decode(find_site(key).banner_settings)
    click.echo(msgspec.json.format(msgspec.json.encode(settings)).decode())


@commands.command("set", epilog="Example: consent-server banner set k3v9x2m4p7qa banner.json")
@click.argument("key")
@click.argument("file", type=click.File("rb"))
def set_command(key: str, file: BinaryIO) -> None:
    """Replace the settings of a site's banner by those of a JSON file (- reads stdin)."""
    try:
        settings = decoder.decode(file.read())
    except msgspec.MsgspecError as error:
        raise CommandError(f"{file.name}: {error}") from error
    keep_banner_settings(key, msgspec.json.encode(settings).decode())
    click.echo("saved; pages follow within minutes (see CONSENT_EMBED_MAX_AGE_SECONDS)")
