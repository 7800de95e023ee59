"""`consent-server banner lint`: what the linter finds, for people and for a pipeline."""

from __future__ import annotations

import json
from typing import Any

import click

from consent_server.banner.commands import commands
from consent_server.linting.findings import Finding
from consent_server.linting.pages import read_page
from consent_server.linting.rules import has_errors, lint
from consent_server.linting.services import drafted, examined
from consent_server.linting.sources import LINKS
from consent_server.sites.services import find_site


@commands.command("lint", epilog="Example: consent-server banner lint k3v9x2m4p7qa --draft")
@click.argument("key")
@click.option("--draft", "of_draft", is_flag=True, help="The draft instead of what is in force.")
@click.option("--page", metavar="FILE_OR_URL", help="Compare with a page's HTML or its cookies.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def lint_command(key: str, of_draft: bool, page: str | None, as_json: bool) -> None:
    """Look a site's notice and banner over, each finding with its source; exit 1 on errors."""
    site = find_site(key)
    notice = drafted(site) if of_draft else None
    findings = lint(examined(site, notice, evidence=read_page(page) if page else None))
    if as_json:
        told = {"site": key, "findings": [_facts(finding) for finding in findings]}
        click.echo(json.dumps(told, ensure_ascii=False))
    for finding in [] if as_json else findings:
        click.echo(f"{finding.severity}: {finding.place}: {finding.words}")
        click.echo(f"    {finding.rule.source}")
    if not findings and not as_json:
        click.echo("nothing found")
    if has_errors(findings):
        click.get_current_context().exit(1)


def _facts(finding: Finding) -> dict[str, Any]:
    source = finding.rule.source
    return {
        "rule": finding.rule.name,
        "severity": finding.severity,
        "place": finding.place,
        "words": finding.words,
        "source": source,
        **({"link": LINKS[source]} if source in LINKS else {}),
    }


__all__ = ["commands"]
