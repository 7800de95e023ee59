"""The command line: helpful, honest in its exit codes, one clear line when it fails."""

from __future__ import annotations

import json
import os
import pty
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import click
import pytest

from consent_server.cli import cli
from consent_server.keys.ring import KeyRing
from support.rings import key_files

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


def commands(group: click.Group) -> Iterator[click.Command]:
    for command in group.commands.values():
        yield command
        if isinstance(command, click.Group):
            yield from commands(command)


def test_every_command_has_help_with_an_example() -> None:
    silent = [
        command.name
        for command in [cli, *commands(cli)]
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

    file.write_text(json.dumps(notice))
    refused = run("policies", "publish", key, str(file))
    urgent = run("policies", "publish", key, str(file), "--urgent", "A court wants it.")

    assert "all choices stay" in reworded.stdout
    assert "all choices stay" in reduced.stdout
    assert refused.returncode != 0
    assert "purpose marketing is new" in refused.stderr
    assert "asked again, for this alone: purpose marketing is new" in urgent.stdout


REFUSED = [
    pytest.param(["sites", "add", "Shop", "--origin", "shop.example"], "origin", id="no origin"),
    pytest.param(["sites", "add", " ", "--origin", "https://a.example"], "name", id="no name"),
    pytest.param(["sites", "show", "nosuchsite00"], "nosuchsite00", id="unknown site"),
    pytest.param(["visits", "export", "--site", "nosuchsite00"], "nosuchsite00", id="no site"),
    pytest.param(["visits", "export", "--reason", " "], "reason", id="export without a reason"),
    pytest.param(["operators", "add", "nobody"], "e-mail", id="no address"),
    pytest.param(["operators", "reset", "a@example.com"], "no account", id="unknown operator"),
    pytest.param(["visits", "export", "--since", "soon"], "soon", id="no time"),
    pytest.param(["visits", "export", "-o", "nowhere/v.csv"], "nowhere", id="no such folder"),
    pytest.param(["visits", "export", "-o", "."], "directory", id="a folder, not a file"),
    pytest.param(
        ["db", "downgrade", "--history", "main", "9999", "--yes"], "9999", id="no such revision"
    ),
    pytest.param(["db", "backup", "nowhere/backup"], "nowhere", id="no place for a backup"),
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


def test_a_file_that_is_no_database_is_named_in_one_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "consent.db").write_bytes(b"no database at all " * 100)

    refusals = [run("sites", "list"), run("serve")]

    assert [refusal.returncode for refusal in refusals] == [1, 1]
    assert [refusal.stderr.count("\n") for refusal in refusals] == [1, 1]


@pytest.mark.usefixtures("ready")
@pytest.mark.parametrize("target", ["/dev/null", "/dev/stdout"])
def test_an_export_into_a_device_leaves_the_device_where_it_is(
    run: Run, tmp_path: Path, target: str
) -> None:
    link = tmp_path / "device"
    link.symlink_to(target)

    result = run("consents", "export", "-o", str(link))

    assert result.returncode == 0
    assert link.is_symlink()
    assert result.stdout.startswith("site,") == (target == "/dev/stdout")


@pytest.mark.usefixtures("ready")
def test_the_bar_of_an_export_is_on_a_terminal_only_and_tells_how_many_of_how_many(
    tmp_path: Path, run: Run
) -> None:
    master, terminal = pty.openpty()
    environ = {"PATH": os.environ["PATH"], "CONSENT_HOME": str(tmp_path / "home"), "TERM": "xterm"}

    subprocess.run(
        [PROGRAM, "consents", "export", "-o", tmp_path / "c.csv"],
        env=environ, stderr=terminal, check=True, timeout=60,
    )  # fmt: skip
    os.close(terminal)
    shown = os.read(master, 65_536).decode()
    os.close(master)

    assert "0 of 0 rows" in shown
    assert run("consents", "export", "-o", str(tmp_path / "c.csv")).stderr == ""


@pytest.mark.usefixtures("ready")
def test_a_backup_holds_both_databases_and_neither_keys_nor_secret(
    run: Run, tmp_path: Path
) -> None:
    added = json.loads(run("sites", "add", "S", "--origin", "https://s.example", "--json").stdout)

    result = run("db", "backup", "kept", "--json")

    files = json.loads(result.stdout)
    assert [Path(file).name for file in files] == ["consent.db", "archive.db"]
    assert sorted(path.name for path in (tmp_path / "kept").iterdir()) == [
        "archive.db",
        "consent.db",
    ]
    assert (tmp_path / "kept").stat().st_mode & 0o077 == 0
    with closing(sqlite3.connect(tmp_path / "kept" / "consent.db")) as copy:
        assert copy.execute("SELECT key FROM sites").fetchall() == [(added["site_key"],)]
    assert run("db", "backup", "kept").returncode == 1  # never over another one


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


def test_doctor_tells_programs_value_default_unit_and_reason(run: Run) -> None:
    facts = json.loads(run("doctor", "--json", CONSENT_TRUSTED_PROXIES="2").stdout)

    [proxies] = [fact for fact in facts if fact["variable"] == "CONSENT_TRUSTED_PROXIES"]
    assert (proxies["value"], proxies["default"], proxies["unit"]) == ("2", "0", "hops")
    assert proxies["reason"]


@pytest.mark.usefixtures("ready")
def test_a_second_worker_on_sqlite_is_refused(run: Run) -> None:
    result = run("serve", "--workers", "2")

    assert result.returncode == 1
    assert "one writing process" in result.stderr


def test_a_demo_that_cannot_listen_says_so_before_it_makes_an_operator(
    run: Run, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = run("demo", "--port", str(taken.getsockname()[1]))

    assert result.returncode == 1
    assert "Cannot listen" in result.stderr
    assert result.stdout == ""
    assert not (tmp_path / "home" / "consent.db").exists()


@pytest.mark.usefixtures("ready")
def test_doctor_shows_the_key_ring_and_asks_about_snapshots_until_told(
    run: Run, tmp_path: Path
) -> None:
    ring = KeyRing(tmp_path / "home" / "keys")
    for day in (15, 16):
        ring.keyed_hash(date(2026, 1, day), "purpose", b"makes a key")
    ring.destroy(date(2026, 1, 15))

    asked = run("doctor")
    told = run("doctor", CONSENT_KEYS_SNAPSHOTS_OFF="on")
    facts = json.loads(run("keys", "show", "--json").stdout)

    assert "generation 2; keys: 1 of days (2026-01-16 to 2026-01-16), 0 of holds" in asked.stdout
    assert "snapshots" in asked.stderr
    assert told.stderr == ""
    assert (facts["generation"], facts["day_keys"], facts["is_private"]) == (2, 1, True)
    assert (facts["is_roll_due"], facts["are_snapshots_off"]) == (False, False)


def test_doctor_makes_no_ring_and_no_database(run: Run, tmp_path: Path) -> None:
    result = run("doctor", CONSENT_KEYS_SNAPSHOTS_OFF="on")

    assert "not made yet" in result.stdout
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["secret_key"]


@pytest.mark.usefixtures("ready")
def test_doctor_says_when_others_may_read_the_keys(run: Run, tmp_path: Path) -> None:
    KeyRing(tmp_path / "home" / "keys").keyed_hash(date(2026, 1, 15), "purpose", b"makes a key")
    [key] = key_files(tmp_path / "home" / "keys")
    key.chmod(0o640)

    result = run("doctor", CONSENT_KEYS_SNAPSHOTS_OFF="on")

    assert "chmod -R go=" in result.stderr


@pytest.mark.usefixtures("ready")
def test_a_lost_key_ring_is_begun_anew_only_on_demand(run: Run, tmp_path: Path) -> None:
    keys = tmp_path / "home" / "keys"
    KeyRing(keys).keyed_hash(date(2026, 1, 15), "purpose", b"makes a key")
    run("doctor", "--check")  # as every start, it has the database see the ring
    keys.rename(tmp_path / "lost")

    refused = run("keys", "show")
    renewed = run("keys", "renew", "--yes")
    twice = run("keys", "renew", "--yes")
    shown = run("keys", "show")

    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert "consent-server keys renew" in refused.stderr
    assert (renewed.returncode, shown.returncode) == (0, 0)
    assert twice.returncode == 1
    assert "move it away" in twice.stderr
    assert "generation 1" in shown.stdout
