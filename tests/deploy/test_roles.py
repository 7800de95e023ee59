"""S20, S24: on PostgreSQL the archive has a role of its own; the ordinary one has nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from consent_server import clock
from consent_server.app import create_app
from consent_server.config import Settings
from consent_server.house import house_of
from consent_server.storage.database import db
from consent_server.storage.migrate import upgrade
from support.postgres import Postgres
from support.shop import Shop, _open_shop

SQL = Path(__file__).parents[2] / "deploy" / "postgresql" / "roles.sql"
RECORDED = datetime(2026, 1, 15, 3, 30, tzinfo=UTC)
ROLES = {"consent": "consent_app", "consent_archive": "consent_archive_keeper"}


@pytest.fixture
def with_roles(postgres: Postgres, tmp_path: Path) -> Iterator[dict[str, str]]:
    """Both databases as the file makes them; gives the address of each for its own role."""
    statements = [
        line for line in SQL.read_text().splitlines() if line and not line.startswith("--")
    ]
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as owner:
        for statement in statements:
            owner.execute(statement.encode())
        yield {name: address(postgres, role, name) for name, role in ROLES.items()}
        for name, role in ROLES.items():
            owner.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
            owner.execute(f"DROP ROLE {role}".encode())


def address(postgres: Postgres, role: str, database: str) -> str:
    return postgres.url(database).replace("tests@", f"{role}@")


@pytest.fixture
def shop(with_roles: dict[str, str], tmp_path: Path) -> Iterator[Shop]:
    """The service on these databases, each reached with its own role."""
    settings = Settings.from_environ({
        "CONSENT_HOME": str(tmp_path / "home"),
        "CONSENT_DATABASE_URL": with_roles["consent"],
        "CONSENT_ARCHIVE_DATABASE_URL": with_roles["consent_archive"],
    })  # fmt: skip
    upgrade(settings)
    app = create_app(settings)
    yield _open_shop(app)
    house_of(app).writer.close()
    house_of(app).limiter.close()
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()


def test_each_role_gets_a_permission_error_in_the_others_database(
    postgres: Postgres, shop: Shop
) -> None:
    for database, role in (
        ("consent_archive", "consent_app"),
        ("consent", "consent_archive_keeper"),
    ):
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            psycopg.connect(address(postgres, role, database))


def test_the_service_records_moves_and_destroys_with_these_roles(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: RECORDED)
    shop.send_visit(shop.visit())

    with shop.app.app_context():
        monkeypatch.setattr(clock, "now", lambda: RECORDED + timedelta(days=7))
        is_well = shop.house.upkeep.run()
        moved = shop.house.days.archived(None, None, None)
        monkeypatch.setattr(clock, "now", lambda: RECORDED + timedelta(days=120))
        done = shop.house.retention.run()

    assert (is_well, moved, done.archived_visits) == (True, 1, 1)
