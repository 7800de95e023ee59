"""`consent-server policies` and `sites add` (a site begins with its first notice)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from consent_server.policies.material import Standing
from consent_server.policies.models import PolicyVersion
from consent_server.policies.services import (
    DEFAULT_NOTICE,
    find_version,
    open_site,
    publish,
    read_notice,
    standing,
)
from consent_server.sites.commands import commands as site_commands
from consent_server.sites.commands import print_site
from consent_server.sites.rules import ADDRESS_MODES, DEVICE_MODES, VISIT_BASES
from consent_server.sites.services import NewSite, find_site

commands = AppGroup(
    "policies",
    help="What visitors are shown: notices and their versions.",
    epilog="Example: consent-server policies show SITE",
)

_NoticeFile = click.Path(exists=True, dir_okay=False, path_type=Path)


@site_commands.command(
    "add", epilog="Example: consent-server sites add 'My shop' --origin https://shop.example"
)
@click.argument("name")
@click.option("--origin", "origins", multiple=True, required=True, help="May be repeated.")
@click.option("--controller", default="", help="Legal name of who decides; default: the name.")
@click.option("--contact", default="", help="Address for questions, shown to visitors.")
@click.option("--language", default="ko", type=click.Choice(["ko", "en"]), help="Default: ko.")
@click.option("--notice", type=_NoticeFile, help="JSON of the first notice; default: built in.")
@click.option("--visits/--no-visits", "logs_visits", default=True, help="Keep a visit log.")
@click.option(
    "--visit-basis",
    type=click.Choice(VISIT_BASES),
    default=VISIT_BASES[0],
    show_default=True,
    help="Why visits are recorded; off is --no-visits.",
)
@click.option(
    "--visit-purpose",
    default="analytics",
    show_default=True,
    help="What a visitor must have granted, on the basis of consent.",
)
@click.option(
    "--address-mode",
    type=click.Choice(ADDRESS_MODES),
    default=ADDRESS_MODES[0],
    show_default=True,
    help="What a visit keeps of the address.",
)
@click.option(
    "--device-mode",
    type=click.Choice(DEVICE_MODES),
    default=DEVICE_MODES[0],
    show_default=True,
    help="What a visit keeps of the device.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON with site_key and tag.")
def add_command(
    name: str,
    origins: tuple[str, ...],
    controller: str,
    contact: str,
    language: str,
    notice: Path | None,
    logs_visits: bool,
    visit_basis: str,
    visit_purpose: str,
    address_mode: str,
    device_mode: str,
    as_json: bool,
) -> None:
    """Add a site and publish its first notice; prints the tag to paste."""
    new = NewSite(
        name=name,
        origins=origins,
        controller=controller,
        contact=contact,
        language=language,
        visit_basis=visit_basis if logs_visits else "off",
        visit_purpose=visit_purpose,
        address_mode=address_mode,
        device_mode=device_mode,
    )
    first = read_notice(notice.read_bytes()) if notice else DEFAULT_NOTICE
    print_site(open_site(new, first), as_json)


@commands.command("publish", epilog="Example: consent-server policies publish SITE notice.json")
@click.argument("site_key")
@click.argument("notice", type=_NoticeFile)
@click.option("--json", "as_json", is_flag=True, help="Print number, hashes and time as JSON.")
def publish_command(site_key: str, notice: Path, as_json: bool) -> None:
    """Publish the notice in a JSON file as the next version.

    Visitors are asked again if its purposes or services changed, not if only words did.
    """
    site_id = find_site(site_key).id
    version = publish(site_id, read_notice(notice.read_bytes()))
    if as_json:
        click.echo(json.dumps(_facts(version)))
        return
    click.echo(f"version {version.number} is in force; languages: {_languages(version.texts)}")
    click.echo(_who_is_asked(standing(site_id)))


@commands.command("show", epilog="Example: consent-server policies show SITE --version 2")
@click.argument("site_key")
@click.option("--version", "number", type=int, help="Default: the one in force.")
@click.option("--json", "as_json", is_flag=True, help="Print number, hashes and time as JSON.")
def show_command(site_key: str, number: int | None, as_json: bool) -> None:
    """Print a notice as JSON, ready to be edited and published again."""
    version = find_version(find_site(site_key).id, number)
    if as_json:
        click.echo(json.dumps(_facts(version)))
    else:
        click.echo(json.dumps(json.loads(version.source), ensure_ascii=False, indent=2))


def _who_is_asked(standing: Standing) -> str:
    if standing.reasons:
        return f"visitors are asked again: {'; '.join(standing.reasons)}"
    return f"choices made since version {standing.since} stay: no purpose or service changed"


def _facts(version: PolicyVersion) -> dict[str, Any]:
    return {
        "version": version.number,
        "published_at": version.published_at.isoformat(),
        "sha256": {text.language: text.sha256 for text in version.texts},
    }


def _languages(texts: object) -> str:
    return ", ".join(text.language for text in texts)  # type: ignore[attr-defined]
