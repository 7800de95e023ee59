"""SQLite files give disk room back: new ones at once, older ones after an upgrade."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from consent_server.config import Settings
from consent_server.storage.migrate import upgrade

INCREMENTAL = 2


def auto_vacuum(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        found: int = connection.execute("PRAGMA auto_vacuum").fetchone()[0]
        return found


@pytest.mark.parametrize("name", ["consent.db", "archive.db"])
def test_a_new_file_can_shrink(migrated_files: Path, name: str) -> None:
    assert auto_vacuum(migrated_files / name) == INCREMENTAL


def test_a_file_of_an_earlier_version_can_shrink_after_an_upgrade(tmp_path: Path) -> None:
    settings = Settings.from_environ({"CONSENT_HOME": str(tmp_path)})
    upgrade(settings)
    file = tmp_path / "consent.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.execute("PRAGMA auto_vacuum=NONE")
        connection.execute("VACUUM")
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    before = auto_vacuum(file)

    upgrade(settings)

    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == tables
    assert (before, auto_vacuum(file)) == (0, INCREMENTAL)
