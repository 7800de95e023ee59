"""The command line: helpful, honest in its exit codes, one clear line when it fails."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

from consent_server.cli import cli

PROGRAM = Path(sys.executable).parent / "consent-server"
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs the installed program on a home of its own."""

    def run(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        environ = {"PATH": os.environ["PATH"], "CONSENT_HOME": str(tmp_path / "home"), **variables}
        return subprocess.run(
            [PROGRAM, *words], env=environ, cwd=tmp_path, capture_output=True, text=True, timeout=60
        )

    return run


@pytest.fixture
def ready(tmp_path: Path, migrated_files: Path) -> None:
    """A home with migrated databases, as after `init`."""
    shutil.copytree(migrated_files, tmp_path / "home")


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[click.Command]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield command


def test_every_command_has_help_with_an_example() -> None:
    silent = [
        command.name
        for command in commands(cli)
        if not command.help or not (command.epilog or "").startswith("Example: consent-server ")
    ]

    assert silent == []


@pytest.mark.parametrize(
    "words", [["serve"], ["sites", "list"], ["retention", "check"], ["visits", "export"]]
)
def test_without_databases_it_says_what_to_run_first(run: Run, words: list[str]) -> None:
    result = run(*words)

    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert "consent-server init" in result.stderr


def test_production_without_a_secret_is_refused_in_one_line(run: Run) -> None:
    result = run("serve", CONSENT_MODE="production")

    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert "secrets.token_urlsafe(32)" in result.stderr


@pytest.mark.usefixtures("ready")
def test_a_site_is_added_listed_and_shown_with_its_tag(run: Run) -> None:
    added = json.loads(
        run("sites", "add", "Shop", "--origin", "HTTPS://Shop.Example:443/", "--json").stdout
    )
    listed = json.loads(run("sites", "list", "--json").stdout)
    shown = run("sites", "show", added["site_key"])

    assert added["tag"].endswith(f'/embed/{added["site_key"]}.js"></script>')
    assert added["origins"] == ["https://shop.example"]
    assert listed == [added]
    assert added["tag"] in shown.stdout


@pytest.mark.usefixtures("ready")
def test_publishing_tells_whether_visitors_are_asked_again_and_why(
    run: Run, tmp_path: Path
) -> None:
    added = run("sites", "add", "Shop", "--origin", "https://shop.example", "--json")
    key = json.loads(added.stdout)["site_key"]
    file = tmp_path / "notice.json"
    notice = {"purposes": [{"key": "functional"}, {"key": "analytics"}, {"key": "marketing"}]}

    file.write_text(json.dumps(notice | {"texts": {"en": {"title": "A corrected title"}}}))
    reworded = run("policies", "publish", key, str(file))
    file.write_text(json.dumps({"purposes": notice["purposes"][:2]}))
    reduced = run("policies", "publish", key, str(file))

    assert "choices made since version 1 stay" in reworded.stdout
    assert "visitors are asked again: purpose marketing is gone" in reduced.stdout


REFUSED = [
    pytest.param(["sites", "add", "Shop", "--origin", "shop.example"], "origin", id="no origin"),
    pytest.param(["sites", "add", " ", "--origin", "https://a.example"], "name", id="no name"),
    pytest.param(["sites", "show", "nosuchsite00"], "nosuchsite00", id="unknown site"),
    pytest.param(["visits", "export", "--site", "nosuchsite00"], "nosuchsite00", id="no site"),
    pytest.param(["visits", "export", "--reason", " "], "reason", id="export without a reason"),
    pytest.param(["operators", "add", "nobody"], "e-mail", id="no address"),
    pytest.param(["operators", "reset", "a@example.com"], "no account", id="unknown operator"),
    pytest.param(["visits", "export", "--since", "soon"], "soon", id="no time"),
]


@pytest.mark.usefixtures("ready")
@pytest.mark.parametrize(("words", "cause"), REFUSED)
def test_a_failure_is_named_on_stderr_and_in_the_exit_code(
    run: Run, words: list[str], cause: str
) -> None:
    result = run(*words)

    assert result.returncode != 0
    assert result.stdout == ""
    assert cause in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.usefixtures("ready")
def test_an_export_to_a_file_is_complete_private_and_replaces_the_old_one(
    run: Run, tmp_path: Path
) -> None:
    file = tmp_path / "consents.csv"
    file.write_text("old")

    result = run("consents", "export", "-o", str(file))

    assert result.returncode == 0
    assert file.read_text().startswith("site,id,consent_id,")
    assert file.stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_init_may_be_repeated(run: Run) -> None:
    assert [run("init").returncode, run("init").returncode] == [0, 0]


def test_doctor_names_every_setting_and_no_secret(run: Run) -> None:
    result = run("doctor", CONSENT_SECRET_KEY="q7Rk2vXw9Lz4TnB8cYd1HfJm5PsGa3Ue")

    assert result.returncode == 0
    assert "CONSENT_DATABASE_URL=" in result.stdout
    assert "q7Rk2vXw9Lz4TnB8cYd1HfJm5PsGa3Ue" not in result.stdout


@pytest.mark.usefixtures("ready")
def test_a_second_worker_on_sqlite_is_refused(run: Run) -> None:
    result = run("serve", "--workers", "2")

    assert result.returncode == 1
    assert "one writing process" in result.stderr
