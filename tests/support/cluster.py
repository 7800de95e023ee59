"""Two new databases on the running PostgreSQL, for a deployment of their own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from support.postgres import Postgres


@dataclass(frozen=True)
class Cluster:
    """The server, and the names of the main and the archive database on it."""

    postgres: Postgres
    main: str
    archive: str

    @property
    def url(self) -> str:
        """URL of the main database."""
        return self.postgres.url(self.main)

    @property
    def urls(self) -> dict[str, str]:
        """Settings of a deployment on these databases."""
        return {
            "CONSENT_DATABASE_URL": self.url,
            "CONSENT_ARCHIVE_DATABASE_URL": self.postgres.url(self.archive),
        }


@pytest.fixture
def cluster(postgres: Postgres, migrated_databases: tuple[str, str]) -> Iterator[Cluster]:
    """Migrated databases of this test alone."""
    main, archive = (postgres.new_database(template) for template in migrated_databases)
    yield Cluster(postgres, main, archive)
    postgres.drop_database(main)
    postgres.drop_database(archive)
