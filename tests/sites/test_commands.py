"""`consent-server sites`: why visits are recorded."""

from __future__ import annotations

import json

import pytest
from flask.testing import FlaskCliRunner

from consent_server.errors import CommandError
from consent_server.policies import commands as _with_add  # noqa: F401  # it adds `add`
from consent_server.sites.commands import commands as site_commands
from consent_server.sites.services import set_visit_basis
from support.shop import Shop


def test_a_site_is_added_with_its_basis_and_purpose(runner: FlaskCliRunner, shop: Shop) -> None:
    given = ["add", "Notes", "--origin", "https://notes.example", "--json"]

    usual = runner.invoke(site_commands, given)
    by_consent = runner.invoke(
        site_commands, [*given, "--visit-basis", "consent", "--visit-purpose", "marketing"]
    )
    off = runner.invoke(site_commands, [*given, "--no-visits"])

    found = [json.loads(answer.output) for answer in (usual, by_consent, off)]
    assert [(site["visit_basis"], site["visit_purpose"]) for site in found] == [
        ("legal_duty", "analytics"),
        ("consent", "marketing"),
        ("off", "analytics"),
    ]


def test_the_basis_is_changed_and_what_is_not_named_stays(
    runner: FlaskCliRunner, shop: Shop
) -> None:
    runner.invoke(site_commands, ["set", shop.key, "--visit-purpose", "marketing"])
    changed = runner.invoke(site_commands, ["set", shop.key, "--visit-basis", "consent", "--json"])

    facts = json.loads(changed.output)
    assert (facts["visit_basis"], facts["visit_purpose"]) == ("consent", "marketing")


@pytest.mark.parametrize("purpose", ["Analytics", "a b", "x" * 41, "1st"])
def test_what_no_purpose_can_be_called_is_refused(shop: Shop, purpose: str) -> None:
    with shop.app.app_context(), pytest.raises(CommandError, match="purpose"):
        set_visit_basis(shop.key, "consent", purpose)
