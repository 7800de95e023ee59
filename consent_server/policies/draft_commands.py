"""`consent-server policies draft|announce|cancel`: work on the next notice and set its day."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import click
from flask import current_app

from consent_server.audit.services import COMMAND_LINE
from consent_server.policies.announcing import Announcement, announce, cancel
from consent_server.policies.commands import (
    NoticeFile,
    as_json_option,
    commands,
    facts_of,
    log_act,
    notice_period,
    print_draft_facts,
    print_notice,
)
from consent_server.policies.drafts import discard_draft, draft_of, save_draft
from consent_server.policies.services import read_incomplete, read_notice
from consent_server.sites.services import find_site

_Day = click.DateTime(["%Y-%m-%d"])


@commands.command("draft", epilog="Example: consent-server policies draft SITE notice.json")
@click.argument("site_key")
@click.argument("notice", type=NoticeFile, required=False)
@click.option("--discard", is_flag=True, help="Remove the draft.")
@as_json_option
def draft_command(site_key: str, notice: Path | None, discard: bool, as_json: bool) -> None:
    """Keep a JSON file as the draft; without one, print the draft, ready to be edited."""
    site_id = find_site(site_key).id
    if discard:
        discard_draft(site_id)
        log_act("policy.draft", site_id, 0, "discarded")
        click.echo("the draft is gone; visitors see what is in force")
    elif notice:
        draft = save_draft(site_id, read_incomplete(notice.read_bytes()), COMMAND_LINE)
        log_act("policy.draft", site_id, draft.edits)
        print_draft_facts(site_id, as_json)
    elif as_json:
        print_draft_facts(site_id, as_json)
    else:
        print_notice(draft_of(site_id).notice)


@commands.command(
    "announce", epilog="Example: consent-server policies announce SITE --effective 2027-05-01"
)
@click.argument("site_key")
@click.argument("notice", type=NoticeFile, required=False)
@click.option("--effective", type=_Day, required=True, help="First day in force.")
@click.option("--announced", type=_Day, help="Day of the announcement; default: today.")
@click.option("--reason", default="", help="Why it changes, for everyone to read.")
@as_json_option
def announce_command(
    site_key: str,
    notice: Path | None,
    effective: datetime,
    announced: datetime | None,
    reason: str,
    as_json: bool,
) -> None:
    """Freeze the draft, or a JSON file, as the next version and announce it.

    Days are those of CONSENT_ZONE. Until its day visitors see the version in force, with a line
    about the coming one; on its day it is in force by itself. What the linter finds is told on
    stderr and stops nothing.
    """
    site = find_site(site_key)
    site_id = site.id
    wanted = read_notice(notice.read_bytes()) if notice else draft_of(site_id).notice
    days = Announcement(effective.date(), announced and announced.date(), reason)
    for line in current_app.extensions["consent_server"].warnings_about(site, wanted):
        click.echo(f"consent-server: {line}", err=True)
    version = announce(site_id, wanted, days, notice_period())
    if not notice:
        discard_draft(site_id)
    log_act("policy.announce", site_id, version.number, reason)
    facts = facts_of(version)
    if as_json:
        click.echo(json.dumps(facts))
    else:
        click.echo(
            f"version {version.number} is announced on {facts['announced_on']} and in force "
            f"from {facts['effective_on']}, 00:00"
        )


@commands.command("cancel", epilog="Example: consent-server policies cancel SITE --reason 'a typo'")
@click.argument("site_key")
@click.option("--reason", required=True, help="Why, for everyone to read.")
@as_json_option
def cancel_command(site_key: str, reason: str, as_json: bool) -> None:
    """Call off the announced version before its day."""
    site_id = find_site(site_key).id
    version = cancel(site_id, reason)
    log_act("policy.cancel", site_id, version.number, reason)
    if as_json:
        click.echo(json.dumps(facts_of(version)))
    else:
        click.echo(f"version {version.number} is called off; visitors see what is in force")


__all__ = ["commands"]
