"""`consent-server banner`: show and change how a site's banner behaves; freeze its script."""

from __future__ import annotations

import json
from typing import BinaryIO

import click
import msgspec
from flask import current_app
from flask.cli import AppGroup

from consent_server.audit.services import COMMAND_LINE, Act, record_act
from consent_server.banner.document import BannerDocuments
from consent_server.banner.schemas import decoder, read_settings
from consent_server.banner.services import pin_script, pinned_tag, pinned_url
from consent_server.config import Settings
from consent_server.errors import CommandError
from consent_server.sites.directory import entry_of
from consent_server.sites.services import (
    find_site,
    keep_banner_settings,
    restore_banner_settings,
)

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
    settings = read_settings(file.read())
    keep_banner_settings(key, msgspec.json.encode(settings).decode())
    _log_change(key)
    click.echo("saved; pages follow within minutes (see CONSENT_EMBED_MAX_AGE_SECONDS)")


@commands.command("undo", epilog="Example: consent-server banner undo k3v9x2m4p7qa")
@click.argument("key")
def undo_command(key: str) -> None:
    """Put back the settings that the present ones replaced; a second time takes that back."""
    restore_banner_settings(key)
    _log_change(key)
    click.echo("the settings of before are back; pages follow within minutes")


@commands.command("pin", epilog="Example: consent-server banner pin k3v9x2m4p7qa --language ko")
@click.argument("key")
@click.option("--language", help="The one language that it speaks; default: the site's own.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON with tag, url and integrity.")
def pin_command(key: str, language: str | None, as_json: bool) -> None:
    """Freeze the script as it is now and print a tag with its hash; see docs/embedding.md."""
    house = current_app.extensions["consent_server"]
    settings: Settings = house.settings
    documents: BannerDocuments = house.documents
    site = entry_of(find_site(key))
    known = documents.languages(site)
    if language not in (None, *known):
        raise CommandError(f"The notice is not published in {language!r}; it is in {known}.")
    pinned = pin_script(site.id, documents.whole(site, language or known[0]))
    facts = {
        "tag": pinned_tag(settings.public_url, key, pinned),
        "url": pinned_url(settings.public_url, key, pinned),
        "integrity": pinned.integrity,
        "language": pinned.language,
        "policy_version": pinned.policy_version,
    }
    click.echo(json.dumps(facts) if as_json else facts["tag"])


def _log_change(key: str) -> None:
    record_act(Act(operator=COMMAND_LINE, act="site.banner", site_id=find_site(key).id))
