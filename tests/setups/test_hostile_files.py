"""Files of a site that are none: one line says what is wrong, and nothing is written."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from consent_server.banner.schemas import read_settings
from consent_server.errors import CommandError
from consent_server.policies.models import PolicyDraft
from consent_server.policies.services import read_notice
from consent_server.setups.commands import commands
from consent_server.setups.schemas import FILE_BYTES_MAX, read_file
from consent_server.storage.database import db
from support.shop import Shop

GOOD: dict[str, Any] = {
    "site": {"name": "Shop", "origins": ["https://shop.example"]},
    "notice": {"purposes": [{"key": "analytics"}]},
}


def zipped() -> bytes:
    """A file of 10 MB that was packed into 10 kB."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("shop.json", b" " * 10_000_000)
    return archive.getvalue()


def with_site(**facts: Any) -> bytes:
    return json.dumps(GOOD | {"site": GOOD["site"] | facts}).encode()


FILES = {
    "empty": b"",
    "only spaces": b" " * 1000,
    "too large": b" " * FILE_BYTES_MAX + json.dumps(GOOD).encode(),
    "deep lists": b"[" * 500_000,
    "deep objects": b'{"site":' * 100_000,
    "deep in a field": json.dumps(GOOD).encode()[:-1] + b',"banner":' + b'{"a":' * 100_000,
    "deep in what is unknown": b'{"x":' + b"[" * 500_000,
    "packed": gzip.compress(json.dumps(GOOD).encode()),
    "a zip bomb": zipped(),
    "an image": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    "noughts": bytes(4096),
    "UTF-16": json.dumps(GOOD).encode("utf-16"),
    "broken UTF-8": json.dumps(GOOD).encode().replace(b"Shop", b"\xff\xfe"),
    "a lone surrogate": json.dumps(GOOD).encode().replace(b"Shop", b"\\ud800"),
    "cut off": json.dumps(GOOD).encode()[:-3],
    "two in one": json.dumps(GOOD).encode() * 2,
    "a list": json.dumps([GOOD]).encode(),
    "null": b"null",
    "not a number": b"NaN",
    "an endless number": b"1" * 400_000,
    "YAML": b"site:\n  name: !!python/object/apply:os.system [id]\n",
    "a page": b"<!doctype html><script>alert(1)</script>",
    "an entity bomb": b'<!DOCTYPE a [<!ENTITY b "cc">]><a>&b;</a>',
    "an unknown field": json.dumps(GOOD | {"owner": True}).encode(),
    "an unknown field inside": with_site(key="mine"),
    "a number for a name": with_site(name=7),
    "a text for a list": with_site(origins="https://shop.example"),
    "a list of lists": with_site(origins=[["https://shop.example"]]),
    "no origin": with_site(origins=[]),
    "10,000 origins": with_site(origins=["https://shop.example"] * 10_000),
    "a long name": with_site(name="n" * 201),
    "a wrong choice": with_site(visit_basis="whim"),
    "a name of spaces": with_site(name="   "),
    "a nought in a name": with_site(name="Sh\0p"),
    "a script for an origin": with_site(origins=["https://shop.example", "javascript:alert(1)"]),
    "a path for an origin": with_site(origins=["https://shop.example/../admin"]),
    "a sentence for a purpose": with_site(visit_purpose="what we like"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_refused_in_one_line(name: str) -> None:
    with pytest.raises(CommandError) as refused:
        read_file(FILES[name])

    message = str(refused.value)
    assert message.startswith("The file cannot be read: ")
    assert "\n" not in message
    assert len(message) < 300


@pytest.mark.parametrize("read", [read_notice, read_settings])
def test_files_of_a_notice_or_of_a_banner_are_refused_as_well(
    read: Callable[[bytes], object],
) -> None:
    for content in FILES.values():
        with pytest.raises(CommandError, match="cannot be read"):
            read(content)


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_a_refused_file_writes_nothing(shop: Shop, tmp_path: Path) -> None:
    path = tmp_path / "shop.json"
    runner = shop.app.test_cli_runner()
    before = runner.invoke(commands, ["export", shop.key]).output

    for name, content in FILES.items():
        path.write_bytes(content)
        result = runner.invoke(commands, ["import", shop.key, str(path), "--apply"])
        assert result.exit_code != 0, name
        assert isinstance(result.exception, CommandError | SystemExit), name

    with shop.app.app_context():
        assert db.session.scalar(select(func.count()).select_from(PolicyDraft)) == 0
    assert runner.invoke(commands, ["export", shop.key]).output == before
