"""A manifest belongs to one file: what was changed in either is noticed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flask.testing import FlaskCliRunner

from consent_server.errors import CommandError
from consent_server.reports.commands import consent_commands, visit_commands
from consent_server.reports.copy_commands import export_commands
from consent_server.reports.exports import Export
from consent_server.reports.ledger import find_copy, open_copies
from consent_server.reports.manifest import verify
from support.shop import Shop

# What is said here does not depend on the database.
pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)

WHY = ["--purpose", "authority", "--reason", "letter 12"]


def export(runner: FlaskCliRunner, folder: Path, *words: str) -> tuple[Path, Path]:
    file = folder / "records.file"
    result = runner.invoke(consent_commands, ["export", "-o", str(file), *WHY, *words])
    assert result.exit_code == 0, result.output
    return file, folder / "records.file.manifest.json"


def test_beside_a_file_lies_what_is_in_it_for_whom_and_why(
    shop: Shop, runner: FlaskCliRunner, tmp_path: Path
) -> None:
    shop.send_consent(shop.submission())
    file, manifest = export(runner, tmp_path, "--site", shop.key, "--format", "xlsx")

    stated = json.loads(manifest.read_text())
    told = runner.invoke(export_commands, ["verify", str(file), str(manifest)])
    printed = runner.invoke(export_commands, ["manifest", stated["reference"]])

    assert stated["filter"] == {"format": "xlsx", "site": shop.key}
    assert (stated["rows"], stated["bytes"]) == (1, file.stat().st_size)
    assert (stated["operator"], stated["purpose"]) == ("command line", "authority")
    assert (stated["reason"], stated["masked"]) == ("letter 12", False)
    assert stated["columns"][0] == {"name": "site", "type": "text"}
    assert {"made_at", "expires_at", "software"} <= stated.keys()
    assert told.exit_code == 0
    assert "1 rows" in told.output
    assert "signed by this service" in told.output
    assert json.loads(printed.output)["sha256"] == stated["sha256"]


def test_what_was_changed_in_file_or_manifest_is_told(
    shop: Shop, runner: FlaskCliRunner, tmp_path: Path
) -> None:
    shop.send_consent(shop.submission())
    file, manifest = export(runner, tmp_path)
    whole, stated = file.read_bytes(), manifest.read_text()
    changes = {
        "has": (whole + b"x", stated),
        "SHA-256": (whole.replace(b"accept_all", b"refuse_all"), stated),
        "signature": (whole, stated.replace("letter 12", "letter 13")),
        "no manifest": (whole, "{}"),
    }

    for message, (changed, told) in changes.items():
        file.write_bytes(changed)
        manifest.write_text(told)
        with pytest.raises(CommandError, match=message):
            verify(file, manifest)
    manifest.unlink()
    with pytest.raises(CommandError, match="Cannot read"):
        verify(file, manifest)


def test_of_an_export_that_was_broken_off_nothing_is_stated(shop: Shop) -> None:
    with shop.app.app_context():
        wanted = Export(kind="consents", format="csv")
        shop.house.exporter.stream(wanted, operator="tests", reason="audit")
        copy = find_copy(open_copies()[0].reference)
        with pytest.raises(CommandError, match="broken off"):
            shop.house.manifests.of(copy)


def test_the_command_line_shows_visits_as_they_are_unless_it_shall_mask_them(
    shop: Shop, runner: FlaskCliRunner
) -> None:
    shop.send_visit(shop.visit(), environ_base={"REMOTE_ADDR": "203.0.113.77"})

    plain, asked, masked = (
        runner.invoke(visit_commands, ["export", "--format", "ndjson", *words]).stdout
        for words in ([], ["--unmasked"], ["--masked"])
    )

    assert "203.0.113.77" in plain
    assert "203.0.113.77" in asked
    assert "203.0.113.77" not in masked
    assert json.loads(masked)["ip"] == "203.0.113.0"
