"""`db backup`: both databases, consistent while in use, without keys."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from consent_server.errors import CommandError
from consent_server.storage.backup import back_up
from support.prepared import Prepared
from support.shop import Shop


@pytest.fixture(autouse=True)
def dump_on_path(prepared: Prepared, monkeypatch: pytest.MonkeyPatch) -> None:
    """Puts `pg_dump` of the server that the tests run first on PATH."""
    monkeypatch.setenv("PATH", f"{prepared.postgres_bin}:/usr/bin:/bin")


def test_a_backup_of_either_engine_has_the_rows_and_is_private(
    shop: Shop, prepared: Prepared, tmp_path: Path
) -> None:
    shop.send_consent(shop.submission())
    folder = tmp_path / "kept"

    main, archive = back_up(shop.house.settings, folder)

    assert sorted(folder.iterdir()) == sorted([main, archive])
    assert folder.stat().st_mode & 0o077 == 0
    assert shop.key in content(main, prepared)


def content(file: Path, prepared: Prepared) -> str:
    if file.suffix == ".db":
        return file.read_bytes().decode("latin-1")
    restore = [f"{prepared.postgres_bin}/pg_restore", "--data-only", "--file=-", str(file)]
    return subprocess.run(restore, capture_output=True, text=True, check=True).stdout


def test_a_backup_that_fails_leaves_nothing_behind(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "older").touch()

    with pytest.raises(CommandError, match="kept"):
        back_up(shop.house.settings, tmp_path / "kept")

    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["older"]
