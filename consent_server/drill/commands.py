"""`consent-server retention drill`: the proof that what is destroyed is gone, on this machine."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import click

from consent_server.config import Settings
from consent_server.drill.course import Drill


@click.command("drill", epilog="Example: consent-server retention drill")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def drill_command(as_json: bool) -> None:
    """Prove destruction on a deployment made for it, in a temporary folder; exit 1 on a trace.

    Records marked visits, backs them up, destroys them, kills destruction after each of its steps,
    and searches every file for plaintext and keys. Touches nothing of yours. Takes half a minute.
    """
    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        if not as_json:
            click.echo(line)

    with tempfile.TemporaryDirectory(prefix="consent-drill-") as folder:
        here = Path(folder)
        settings = Settings.from_environ(
            {"CONSENT_HOME": str(here / "home"), "CONSENT_SLOW_SECONDS": "3600"}
        )
        restored = Settings.from_environ(
            {
                "CONSENT_HOME": str(here / "restored"),
                "CONSENT_KEYS_DIR": str(settings.keys_dir),
                "CONSENT_SECRET_KEY": settings.secret_key,
            }
        )
        hits = Drill(settings, restored, here / "kept", say=say).run()
    if as_json:
        click.echo(json.dumps({"hits": hits, "done": said}))
    for hit in [] if as_json else hits:
        click.echo(f"FOUND {hit}")
    if hits:
        sys.exit(1)
    if not as_json:
        click.echo("nothing of the days that are over was found")
