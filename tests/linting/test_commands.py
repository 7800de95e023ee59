"""`banner lint` and `banner undo` as a pipeline meets them."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from consent_server import clock
from consent_server.audit.services import recent_acts
from consent_server.linting.commands import commands
from consent_server.policies.draft_commands import commands as policy_commands
from consent_server.policies.drafts import save_draft
from consent_server.sites.services import find_site
from linting.test_rules import SOUND
from support.shop import NOTICE, Shop

ON_SQLITE = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)


@pytest.fixture
def runner(app: Flask) -> FlaskCliRunner:
    return app.test_cli_runner()


@ON_SQLITE
def test_errors_end_with_1_and_each_finding_says_where_and_why(
    runner: FlaskCliRunner, shop: Shop
) -> None:
    answer = runner.invoke(commands, ["lint", shop.key])
    as_json = runner.invoke(commands, ["lint", shop.key, "--json"])

    assert answer.exit_code == as_json.exit_code == 1
    assert "error: officer.names.ko: The notice names no privacy officer.\n" in answer.output
    assert "    PIPA art. 30(1)6" in answer.output
    told = json.loads(as_json.output)
    assert told["site"] == shop.key
    assert {"rule", "severity", "place", "words", "source", "link"} <= told["findings"][0].keys()


@ON_SQLITE
def test_a_sound_draft_ends_with_0_and_a_page_is_compared_with_it(
    runner: FlaskCliRunner, shop: Shop, tmp_path: Path
) -> None:
    with shop.app.app_context():
        save_draft(shop.id, SOUND.notice, "editor@shop.example")
    page = tmp_path / "page.html"
    page.write_text('<script src="https://connect.facebook.net/en_US/fbevents.js"></script>')
    (tmp_path / "cookies.txt").write_text("_fbp=fb.1.2; cs_consent=x")

    sound = runner.invoke(commands, ["lint", shop.key, "--draft"])
    loads = runner.invoke(commands, ["lint", shop.key, "--draft", "--page", str(page)])
    cookies = ["lint", shop.key, "--draft", "--page", str(tmp_path / "cookies.txt")]
    leaves = runner.invoke(commands, cookies)

    assert sound.exit_code == 0, sound.output
    assert "Global Privacy Control" in sound.output  # a hint
    assert (loads.exit_code, leaves.exit_code) == (1, 1)
    assert "loads connect.facebook.net (Meta Pixel) before any choice" in loads.output
    assert "Unknown cookie _fbp (Meta Pixel)" in leaves.output
    assert "fb.1.2" not in leaves.output


@ON_SQLITE
def test_a_page_that_cannot_be_read_is_one_clear_line(runner: FlaskCliRunner, shop: Shop) -> None:
    answer = runner.invoke(commands, ["lint", shop.key, "--page", "/no/such/page.html"])

    assert str(answer.exception) == "/no/such/page.html: No such file or directory"


def test_settings_are_put_back_and_every_change_is_in_the_log(
    runner: FlaskCliRunner, shop: Shop, tmp_path: Path
) -> None:
    file = tmp_path / "banner.json"
    file.write_text('{"reload": true}')

    def settings() -> dict[str, object]:
        shown: dict[str, object] = json.loads(runner.invoke(commands, ["show", shop.key]).output)
        return shown

    before = settings()
    nothing = runner.invoke(commands, ["undo", shop.key])
    runner.invoke(commands, ["set", shop.key, str(file)], catch_exceptions=False)
    changed = settings()
    runner.invoke(commands, ["undo", shop.key], catch_exceptions=False)

    assert "never changed" in str(nothing.exception)
    assert (before["reload"], changed["reload"], settings()) == (False, True, before)
    with shop.app.app_context():
        assert [act.act for act in recent_acts()].count("site.banner") == 2
        assert find_site(shop.key).banner_settings_before is not None


@ON_SQLITE
def test_an_announcement_tells_what_the_linter_finds_and_is_not_stopped(
    runner: FlaskCliRunner, shop: Shop
) -> None:
    day = (clock.now() + timedelta(days=30)).date().isoformat()
    with shop.app.app_context():
        save_draft(shop.id, NOTICE, "editor@shop.example")

    answer = runner.invoke(policy_commands, ["announce", shop.key, "--effective", day, "--json"])

    assert answer.exit_code == 0
    assert json.loads(answer.stdout)["version"] == 2
    assert "error: officer.names.ko: The notice names no privacy officer. (PIPA" in answer.stderr
