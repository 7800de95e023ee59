"""S27, R20: what is destroyed is nowhere, whatever crashed; and no backup brings it back."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from consent_server.config import Settings
from consent_server.drill.course import Drill
from consent_server.drill.searching import search
from consent_server.keys.folder import FolderStore
from consent_server.keys.store import KEY_BYTES
from consent_server.retention.steps import STEPS
from support.apps import EngineName
from support.command import run_command
from support.postgres import Postgres
from support.prepared import Prepared


def test_the_command_destroys_crashes_searches_and_finds_nothing(tmp_path: Path) -> None:
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "CONSENT_HOME": str(tmp_path)}

    done = run_command(["retention", "drill", "--json"], environ, check=False)

    told = json.loads(done.stdout)
    assert (done.returncode, told["hits"], done.stderr) == (0, [], "")
    for step in STEPS:
        assert f"killed after '{step}'" in " ".join(told["done"])
    assert list(tmp_path.iterdir()) == []  # nothing of the operator's own was touched


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=False)
def test_nothing_is_found_on_postgresql_either_nor_in_its_log(
    settings: Settings,
    postgres: Postgres,
    prepared: Prepared,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    engine_name: EngineName,
) -> None:
    monkeypatch.setenv("PATH", f"{prepared.postgres_bin}:{os.environ['PATH']}")
    names = postgres.new_database(), postgres.new_database()
    restored = replace(
        settings,
        home=tmp_path / "restored",
        database_url=postgres.url(names[0]),
        archive_database_url=postgres.url(names[1]),
    )
    said: list[str] = []

    hits = Drill(settings, restored, tmp_path / "kept", [postgres.log], said.append).run()

    assert hits == []
    assert search([postgres.log], {"origin": [b"https://drill.example"]}).hits  # it is not blind
    assert sum("killed after" in line for line in said) == len(STEPS)
    for name in names:
        postgres.drop_database(name)


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=False)
def test_a_key_that_somebody_keeps_is_found(
    settings: Settings, tmp_path: Path, engine_name: EngineName
) -> None:
    leak = tmp_path / "leak"
    leak.mkdir()

    def keep_a_key(line: str) -> None:
        if line.startswith("recorded"):
            store, key = FolderStore(settings.keys_dir), bytearray(KEY_BYTES)
            store.read_into(key, store.names()[0], make=False)
            (leak / "core").write_bytes(b"\0" * 100 + key + b"\0" * 100)

    restored = replace(
        settings,
        home=tmp_path / "restored",
        database_url=f"sqlite:///{tmp_path}/restored/consent.db",
        archive_database_url=f"sqlite:///{tmp_path}/restored/archive.db",
    )

    hits = Drill(settings, restored, tmp_path / "kept", [leak], keep_a_key, crashes=()).run()

    assert hits == [f"key: 1 of 1 in {leak / 'core'}"]


def test_marks_are_found_wherever_they_stand(tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "file").write_bytes(b"..." + bytes(range(16)) + b"...")
    (tmp_path / "empty").touch()

    found = search([tmp_path], {"key": [bytes(range(16)), b"elsewhere"], "text": [b"nowhere"]})

    assert found.hits == (f"key: 1 of 2 in {tmp_path / 'deep' / 'er' / 'file'}",)
    assert (found.files, found.size) == (2, 22)
