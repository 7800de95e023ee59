"""The command `consent-server`: the door for operators with a shell.

Every command exits non-zero on failure with one clear line on stderr.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path

import click
from flask import Flask
from flask.cli import ScriptInfo
from rich.console import Console
from sqlalchemy.exc import ArgumentError, DBAPIError

from consent_server import server, stopping
from consent_server.app import create_app
from consent_server.certificates.commands import commands as certificate_commands
from consent_server.config import Settings, describe
from consent_server.demo import init_app as init_demo
from consent_server.demo.services import Prepared, prepare_demo
from consent_server.disclosures.commands import commands as disclosure_commands
from consent_server.doctor import RingFacts, look_at_ring, witness_of
from consent_server.drill.commands import drill_command
from consent_server.errors import CommandError, ConsentServerError
from consent_server.holds.commands import commands as hold_commands
from consent_server.keys.ring import renew
from consent_server.linting.commands import commands as banner_commands
from consent_server.operators.commands import commands as operator_commands
from consent_server.reports.commands import consent_commands, visit_commands
from consent_server.reports.copy_commands import export_commands
from consent_server.retention.commands import commands as retention_commands
from consent_server.reviews.commands import commands as access_log_commands
from consent_server.setups.commands import commands as policy_commands
from consent_server.sites.commands import commands as site_commands
from consent_server.statistics.commands import commands as statistics_commands
from consent_server.storage.copies.backup import back_up
from consent_server.storage.copies.restore import restore
from consent_server.storage.migrate import move, upgrade
from consent_server.watching import logs

_NOT_MIGRATED = "The databases are not ready; run `consent-server init` first."


@click.group(epilog="Example: consent-server demo")
@click.version_option(package_name="consent-server")
def cli() -> None:
    """Self-hosted cookie consent: banner, records, visits that are destroyed on the day."""


@cli.command(epilog="Example: consent-server init")
def init() -> None:
    """Make databases, key ring and secret; may be repeated."""
    settings = Settings.from_environ()
    upgrade(settings)
    click.echo(f"ready in {settings.home}")
    click.echo("next: consent-server sites add NAME --origin URL")


@cli.command(epilog="Example: consent-server serve --host 0.0.0.0 --port 8000")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", type=click.IntRange(1, 64), help="Default: 1 on SQLite, else cores.")
def serve(host: str, port: int, workers: int | None) -> None:
    """Run the production server together with the scheduler."""
    server.serve(Settings.from_environ(), host=host, port=port, workers=workers)


@cli.command(epilog="Example: consent-server demo --port 8000")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
def demo(host: str, port: int) -> None:
    """Set everything up on SQLite and serve a product page with the banner, and the console."""
    os.environ.setdefault("CONSENT_HOME", "instance-demo")
    os.environ.setdefault("CONSENT_PUBLIC_URL", f"http://127.0.0.1:{port}")
    os.environ.setdefault("CONSENT_SECOND_FACTOR", "off")  # whoever tries it has no app at hand
    settings = Settings.from_environ()
    server.check_port(host, port)  # before a password is made that is shown only once
    upgrade(settings)
    app = create_app(settings)
    with app.app_context():
        _introduce(prepare_demo(settings), settings)
    server.serve(
        settings, host=host, port=port, workers=1, application="consent_server.cli:demo_app"
    )


def demo_app() -> Flask:
    """Returns the application together with the demo's product page."""
    stopping.hear_in_worker()
    settings = Settings.from_environ()
    logs.configure(settings.log_level, settings.log_format)
    app = create_app(settings)
    with app.app_context():
        init_demo(app, settings, prepare_demo(settings).site_key)
    return app


def _introduce(demo: Prepared, settings: Settings) -> None:
    password = demo.password or "(as printed at the first start; `operators reset` makes a new one)"
    for name, value in (
        ("product page", f"{settings.public_url}/demo/"),
        ("console", f"{settings.public_url}/admin/"),
        ("sign in as", demo.email),
        ("password", password),
        ("script tag", demo.tag),
        ("HTTP API", f"{settings.public_url}/docs?site={demo.site_key}"),
    ):
        click.echo(f"{name:>14}  {value}")


@cli.command(epilog="Example: consent-server doctor")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--check", "thoroughly", is_flag=True, help="Read every page and key instead.")
def doctor(as_json: bool, thoroughly: bool) -> None:
    """Print every setting with value, default, unit and reason, and the key ring's state.

    Or look for damage.
    """
    if thoroughly:
        _look_for_damage(Settings.from_environ())
        return
    settings = Settings.from_environ()
    described = describe(settings)
    if as_json:
        click.echo(json.dumps([asdict(line) for line in described]))
    for line in [] if as_json else described:
        click.echo(f"{line.variable}={line.value}" + (f"  [{line.unit}]" if line.unit else ""))
        click.echo(f"    {line.reason}" + (f"; default {line.default}" if line.default else ""))
    if not as_json:
        _show_ring(look_at_ring(settings))


def _show_ring(facts: RingFacts) -> None:
    click.echo(f"key ring in {facts.folder}")
    span = f" ({facts.oldest_day} to {facts.newest_day})" if facts.day_keys else ""
    made = f"generation {facts.generation}" if facts.generation else "not made yet"
    click.echo(f"    {made}; keys: {facts.day_keys} of days{span}, {facts.named_keys} of holds")
    for warning in facts.warnings():
        click.echo(f"consent-server: warning: {warning}", err=True)


@cli.group(epilog="Example: consent-server keys show")
def keys() -> None:
    """The key ring."""


@keys.command("show", epilog="Example: consent-server keys show --json")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show_keys(as_json: bool) -> None:
    """Print how far the key ring has come and what could defeat it; never a key."""
    facts = look_at_ring(Settings.from_environ())
    if as_json:
        click.echo(json.dumps(asdict(facts)))
    else:
        _show_ring(facts)


@keys.command("renew", epilog="Example: consent-server keys renew")
@click.confirmation_option(prompt="Visits recorded so far can then never be read again. Go on?")
def renew_keys() -> None:
    """Begin a new key ring where the last one is lost; its folder must be empty."""
    settings = Settings.from_environ()
    with witness_of(settings) as witness:
        if witness is None:
            raise CommandError(_NOT_MIGRATED)
        renew(settings.keys_dir, witness)
    click.echo(f"a new key ring is in {settings.keys_dir}; restart every running service")


def _look_for_damage(settings: Settings) -> None:
    console = Console(stderr=True)
    with (
        console.status("reading both databases and the key ring")
        if console.is_terminal
        else (nullcontext())
    ):
        server.check(settings, thoroughly=True)
    click.echo("databases and key ring are sound, but for the warnings above, if any")


@cli.group(epilog="Example: consent-server db upgrade")
def db() -> None:
    """The databases."""


@db.command("upgrade", epilog="Example: consent-server db upgrade")
def upgrade_command() -> None:
    """Bring both databases to the newest schema."""
    upgrade(Settings.from_environ())
    click.echo("both databases have the newest schema")


@db.command("backup", epilog="Example: consent-server db backup /var/backups/consent-monday")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the files as JSON.")
def backup_command(folder: Path, as_json: bool) -> None:
    """Copy both databases into a new folder while they are in use; never keys, never the secret."""
    files = [str(file) for file in back_up(Settings.from_environ(), folder)]
    click.echo(json.dumps(files) if as_json else "\n".join(files))


@db.command("restore", epilog="Example: consent-server db restore /var/backups/consent-monday")
@click.argument("folder", type=click.Path(path_type=Path))
def restore_command(folder: Path) -> None:
    """Put a backup into a deployment that has no databases yet; never overwrites."""
    settings = Settings.from_environ()
    restore(settings, folder)
    click.echo("both databases are restored; visits whose keys are destroyed stay unreadable")
    click.echo("next: consent-server db upgrade, then consent-server retention run")


@db.command("downgrade", epilog="Example: consent-server db downgrade --history main base")
@click.option("--history", type=click.Choice(["main", "archive"]), required=True)
@click.argument("revision")
@click.confirmation_option(prompt="Records in removed tables are lost. Go on?")
def downgrade_command(history: str, revision: str) -> None:
    """Bring one database back to an earlier revision."""
    move(Settings.from_environ(), history, revision)
    click.echo(f"{history} is at {revision}")


retention_commands.add_command(drill_command)
for group in (
    banner_commands,
    site_commands,
    operator_commands,
    policy_commands,
    consent_commands,
    visit_commands,
    export_commands,
    retention_commands,
    disclosure_commands,
    hold_commands,
    certificate_commands,
    access_log_commands,
    statistics_commands,
):
    cli.add_command(group)


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line; never shows a traceback for a foreseen failure."""
    logs.configure("warning")  # a command says itself what it did; `serve` asks the settings
    info = ScriptInfo(create_app=create_app, set_debug_flag=False)
    try:
        status = cli.main(arguments, obj=info, standalone_mode=False, prog_name="consent-server")
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        _fail("stopped")
    except ConsentServerError as error:
        _fail(str(error))
    except DBAPIError as error:
        _fail(_database_line(error))
    except ArgumentError as error:
        _fail(f"A database URL cannot be used: {_first_line(error)}")
    except BrokenPipeError:  # the reader of our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        _fail(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    else:
        sys.exit(status if isinstance(status, int) else 0)


def _database_line(error: DBAPIError) -> str:
    cause = _first_line(error.orig)
    if "no such table" in cause or "does not exist" in cause:
        return _NOT_MIGRATED
    if "unsupported startup parameter" in cause:
        return f"{cause}: behind a pooler set CONSENT_DATABASE_POOLER=on."
    return f"The database refused: {cause}"


def _first_line(error: object) -> str:
    return next(iter(str(error).splitlines()), "no reason given")


def _fail(line: str) -> None:
    click.echo(f"consent-server: {line}", err=True)
    sys.exit(1)
