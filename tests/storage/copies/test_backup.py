"""`db backup`: both databases, consistent while in use, without keys."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from sqlalchemy import text

from consent_server.errors import CommandError
from consent_server.storage.copies.backup import back_up
from consent_server.storage.database import db
from support.prepared import Prepared
from support.shop import MakeShop, Shop


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


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_counts_of_requests_are_in_no_backup(
    make_shop: MakeShop, prepared: Prepared, tmp_path: Path
) -> None:
    shop = make_shop(rate_limits="address 3/minute")
    shop.send_visit(shop.visit(), environ_base={"REMOTE_ADDR": "203.0.113.77"})
    shop.house.limiter.settle()

    main, _ = back_up(shop.house.settings, tmp_path / "kept")

    assert "LIMITER/" not in content(main, prepared)
    with shop.app.app_context():
        assert db.session.execute(text("SELECT count(*) FROM rate_counts")).scalar_one() == 1


def test_a_backup_that_fails_leaves_nothing_behind(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "older").touch()

    with pytest.raises(CommandError, match="kept"):
        back_up(shop.house.settings, tmp_path / "kept")

    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["older"]
