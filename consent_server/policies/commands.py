"""`consent-server policies` and `sites add` (a site begins with its first notice)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import msgspec
from flask import current_app
from flask.cli import AppGroup

from consent_server.audit.services import COMMAND_LINE, Act, record_act
from consent_server.config import Settings
from consent_server.policies.differences import differences
from consent_server.policies.drafts import discard_draft, draft_of, save_draft
from consent_server.policies.material import changes
from consent_server.policies.models import PolicyVersion
from consent_server.policies.notice_period import NoticePeriod
from consent_server.policies.rules import shown_in
from consent_server.policies.schemas import Notice
from consent_server.policies.services import (
    DEFAULT_NOTICE,
    find_version,
    notice_of,
    open_site,
    publish,
    read_notice,
    state_of,
    versions_of,
    words_of,
)
from consent_server.sites.commands import commands as site_commands
from consent_server.sites.commands import print_site
from consent_server.sites.rules import ADDRESS_MODES, DEVICE_MODES, VISIT_BASES
from consent_server.sites.services import NewSite, find_site

commands = AppGroup(
    "policies",
    help="What visitors are shown: notices, their versions and drafts.",
    epilog="Example: consent-server policies show SITE",
)

NoticeFile = click.Path(exists=True, dir_okay=False, path_type=Path)
as_json_option = click.option("--json", "as_json", is_flag=True, help="Print the facts as JSON.")


@site_commands.command(
    "add", epilog="Example: consent-server sites add 'My shop' --origin https://shop.example"
)
@click.argument("name")
@click.option("--origin", "origins", multiple=True, required=True, help="May be repeated.")
@click.option("--controller", default="", help="Legal name of who decides; default: the name.")
@click.option("--contact", default="", help="Address for questions, shown to visitors.")
@click.option("--language", default="ko", type=click.Choice(["ko", "en"]), help="Default: ko.")
@click.option("--notice", type=NoticeFile, help="JSON of the first notice; default: built in.")
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
@click.argument("notice", type=NoticeFile, required=False)
@click.option("--urgent", default="", help="Why something new may not be announced first.")
@as_json_option
def publish_command(site_key: str, notice: Path | None, urgent: str, as_json: bool) -> None:
    """Publish a JSON file, or the draft, as the next version, in force at once.

    For corrections, and for less than before: visitors keep their choices. What asks something new
    of them has to be announced; --urgent says why it may not wait, for everyone to read.
    """
    site_id = find_site(site_key).id
    wanted = read_notice(notice.read_bytes()) if notice else draft_of(site_id).notice
    told = _who_is_asked(notice_of(find_version(site_id)), wanted)
    version = publish(site_id, wanted, urgent=urgent)
    if not notice:
        discard_draft(site_id)
    log_act("policy.publish", site_id, version.number, urgent)
    if as_json:
        click.echo(json.dumps(facts_of(version)))
        return
    languages = ", ".join(text.language for text in version.texts)
    click.echo(f"version {version.number} is in force; languages: {languages}")
    click.echo(told)


@commands.command("show", epilog="Example: consent-server policies show SITE --version 2")
@click.argument("site_key")
@click.option("--version", "number", type=int, help="Default: the one in force.")
@as_json_option
def show_command(site_key: str, number: int | None, as_json: bool) -> None:
    """Print a notice as JSON, ready to be edited and announced."""
    version = find_version(find_site(site_key).id, number)
    if as_json:
        click.echo(json.dumps(facts_of(version)))
    else:
        print_notice(notice_of(version))


@commands.command("history", epilog="Example: consent-server policies history SITE")
@click.argument("site_key")
@as_json_option
def history_command(site_key: str, as_json: bool) -> None:
    """List all versions, newest first, with what each changed."""
    versions = versions_of(find_site(site_key).id)
    if as_json:
        click.echo(json.dumps([facts_of(version) for version in versions]))
        return
    for version, before in zip(versions, [*versions[1:], None], strict=True):
        facts = facts_of(version)
        click.echo(f"version {version.number} ({facts['state']}) from {facts['effective_on']}")
        if version.reason:
            click.echo(f"  because: {version.reason}")
        for line in difference_lines(notice_of(before), notice_of(version)) if before else []:
            click.echo(f"  {line}")


@commands.command("rollback", epilog="Example: consent-server policies rollback SITE 2")
@click.argument("site_key")
@click.argument("number", type=int)
@as_json_option
def rollback_command(site_key: str, number: int, as_json: bool) -> None:
    """Make an old version the draft, to be announced or published as a new one."""
    site_id = find_site(site_key).id
    old = notice_of(find_version(site_id, number))
    save_draft(site_id, old, COMMAND_LINE)
    log_act("policy.draft", site_id, number)
    print_draft_facts(site_id, as_json)


def print_draft_facts(site_id: int, as_json: bool) -> None:
    """Says how the draft differs from what is in force, and what can be done with it."""
    draft, present = draft_of(site_id), notice_of(find_version(site_id))
    material = changes(present, draft.notice)
    lines = [] if draft.problem else difference_lines(present, draft.notice)
    if as_json:
        told = {
            "edits": draft.edits,
            "editor": draft.editor,
            "problem": draft.problem,
            "asked_again": [change.words for change in material],
            "differences": lines,
        }
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    for line in lines:
        click.echo(line)
    click.echo(f"draft kept; {draft.problem or _who_is_asked(present, draft.notice)}")


def print_notice(notice: Notice) -> None:
    """Prints a notice as an operator writes it."""
    encoded = msgspec.json.encode(notice, order="sorted")
    click.echo(json.dumps(json.loads(encoded), ensure_ascii=False, indent=2))


def difference_lines(before: Notice, after: Notice) -> list[str]:
    """Returns one line per fact that differs, in the first language that both have."""
    language = next((one for one in after.languages if one in before.languages), None)
    if language is None:
        return [f"languages: {before.languages} -> {after.languages}"]
    found = differences(shown_in(before, language), shown_in(after, language))
    return [one.words for one in found]


def facts_of(version: PolicyVersion) -> dict[str, Any]:
    """Returns what commands tell about a version."""
    period = notice_period()
    announced = version.announced_at and period.day_of(version.announced_at).isoformat()
    return {
        "version": version.number,
        "state": state_of(version, find_version(version.site_id).number),
        "published_at": version.published_at.isoformat(),
        "announced_on": announced,
        "effective_on": period.day_of(version.published_at).isoformat(),
        "reason": version.reason,
        "sha256": {text.language: text.sha256 for text in version.texts},
    }


def notice_period() -> NoticePeriod:
    """Returns the one that this deployment promises."""
    settings: Settings = current_app.extensions["consent_server"].settings
    return NoticePeriod.of(settings)


def log_act(act: str, site_id: int, number: int, reason: str = "") -> None:
    """Leaves a trace of what was done from a shell."""
    entry = Act(
        operator=COMMAND_LINE, act=act, site_id=site_id, reason=reason, reference=str(number)
    )
    record_act(entry)


def _who_is_asked(before: Notice, after: Notice) -> str:
    material = changes(before, after)
    if material:
        return f"visitors are asked again, for this alone: {words_of(material)}"
    return "all choices stay: nothing new is asked"
