"""`db restore`: a backup comes back as it was, into empty databases only, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from consent_server.config import Settings
from consent_server.errors import CommandError
from consent_server.storage.copies.backup import back_up
from consent_server.storage.copies.restore import restore
from consent_server.storage.migrate import HISTORIES, is_current, migration_engine
from support.apps import EngineName
from support.postgres import Postgres
from support.prepared import Prepared
from support.shop import MakeShop, Shop

NewSettings = Callable[[], Settings]


@pytest.fixture(autouse=True)
def clients_on_path(prepared: Prepared, monkeypatch: pytest.MonkeyPatch) -> None:
    """Puts `pg_restore` of the server that the tests run first on PATH."""
    monkeypatch.setenv("PATH", f"{prepared.postgres_bin}:/usr/bin:/bin")


@pytest.fixture
def new_settings(
    settings: Settings, engine_name: EngineName, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[NewSettings]:
    """Makes settings of a deployment without databases, beside the key ring of this one."""
    names: list[str] = []

    def make() -> Settings:
        home = tmp_path / f"new-{len(names)}"
        if engine_name == "sqlite":
            names.append("")
            urls = [f"sqlite:///{home}/consent.db", f"sqlite:///{home}/archive.db"]
        else:
            postgres: Postgres = request.getfixturevalue("postgres")
            fresh = [postgres.new_database(), postgres.new_database()]
            names.extend(fresh)
            urls = [postgres.url(name) for name in fresh]
        return replace(settings, home=home, database_url=urls[0], archive_database_url=urls[1])

    yield make
    for name in filter(None, names):
        request.getfixturevalue("postgres").drop_database(name)


def tables(settings: Settings) -> int:
    count = 0
    for history in HISTORIES:
        engine = migration_engine(settings, history)
        if engine.dialect.name == "sqlite":
            count += Path(str(engine.url.database)).exists()
        else:
            with engine.connect() as connection:
                count += connection.execute(
                    text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
                ).scalar_one()
        engine.dispose()
    return count


def test_a_backup_comes_back_with_its_rows_and_protections(
    shop: Shop, new_settings: NewSettings, tmp_path: Path
) -> None:
    shop.send_consent(shop.submission())
    back_up(shop.house.settings, tmp_path / "kept")
    settings = new_settings()

    restore(settings, tmp_path / "kept")

    engine = migration_engine(settings, "main")
    assert is_current(engine, "main")
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM consent_records")).scalar_one() == 1
    with pytest.raises(Exception, match="append-only"), engine.begin() as connection:
        connection.execute(text("DELETE FROM consent_records"))
    engine.dispose()


def test_a_service_runs_on_what_was_restored(
    shop: Shop, make_shop: MakeShop, new_settings: NewSettings, tmp_path: Path
) -> None:
    shop.send_visit(shop.visit())
    back_up(shop.house.settings, tmp_path / "kept")
    settings = new_settings()
    restore(settings, tmp_path / "kept")

    again = make_shop(
        home=settings.home,
        database_url=settings.database_url,
        archive_database_url=settings.archive_database_url,
    )

    assert again.send_visit(again.visit()).status_code == 204


def test_databases_that_are_there_are_never_overwritten(
    shop: Shop, new_settings: NewSettings, tmp_path: Path
) -> None:
    shop.send_consent(shop.submission())
    back_up(shop.house.settings, tmp_path / "kept")

    with pytest.raises(CommandError, match="not overwritten"):
        restore(shop.house.settings, tmp_path / "kept")

    assert shop.send_consent(shop.submission()).status_code == 201


@pytest.mark.parametrize("harm", ["missing", "cut short", "garbage", "empty"])
def test_a_backup_that_is_not_whole_leaves_nothing_behind(
    shop: Shop, new_settings: NewSettings, tmp_path: Path, harm: str
) -> None:
    _, archive = back_up(shop.house.settings, tmp_path / "kept")
    content = archive.read_bytes()
    archive.unlink()
    if harm != "missing":
        harmed = {"cut short": content[: len(content) // 2], "garbage": b"no backup at all" * 99}
        archive.write_bytes(harmed.get(harm, b""))
    settings = new_settings()

    with pytest.raises(CommandError):
        restore(settings, tmp_path / "kept")

    assert tables(settings) == 0


def test_files_that_were_mixed_up_are_noticed(
    shop: Shop, new_settings: NewSettings, tmp_path: Path
) -> None:
    main, archive = back_up(shop.house.settings, tmp_path / "kept")
    between = main.with_name("between")
    main.replace(between)
    archive.replace(main)
    between.replace(archive)
    settings = new_settings()

    with pytest.raises(CommandError, match="another database"):
        restore(settings, tmp_path / "kept")

    assert tables(settings) == 0
