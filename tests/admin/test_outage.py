"""When the database is away, people read a page that says so, and programs an RFC 9457 problem."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from consent_server.config import Settings
from support.console import Console
from support.shop import Shop

# Only a SQLite file can be locked as a whole; tests/storage does the same to PostgreSQL.
pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
NEW_SITE = {"name": "Late", "origins": "https://late.example"}


@pytest.fixture
def lock(settings: Settings) -> Iterator[sqlite3.Connection]:
    """A connection of somebody else, who can hold the lock for writing."""
    connection = sqlite3.connect(settings.home / "consent.db", isolation_level=None)
    yield connection
    connection.close()


def test_a_locked_database_is_a_page_for_people(owner: Console, lock: sqlite3.Connection) -> None:
    token = owner.token("/admin/sites/new")
    lock.execute("BEGIN IMMEDIATE")

    refused = owner.client.post("/admin/sites/new", data=NEW_SITE | {"csrf_token": token})
    lock.execute("ROLLBACK")
    accepted = owner.client.post("/admin/sites/new", data=NEW_SITE | {"csrf_token": token})

    assert (refused.status_code, refused.mimetype) == (503, "text/html")
    assert "Retry-After" in refused.headers
    assert "Nothing was stored" in refused.text
    assert accepted.status_code == 302


def test_a_locked_database_is_a_problem_for_programs(shop: Shop, lock: sqlite3.Connection) -> None:
    lock.execute("BEGIN IMMEDIATE")

    refused = shop.send_consent(shop.submission())
    lock.execute("ROLLBACK")

    assert (refused.status_code, refused.mimetype) == (503, "application/problem+json")


def test_a_visitor_who_follows_an_old_link_reads_a_page(shop: Shop) -> None:
    client = shop.app.test_client()

    for path in ("/policies/nosuchsite12", f"/policies/{shop.key}/7"):
        page = client.get(path, headers={"Accept-Language": "ko"})
        assert (page.status_code, page.mimetype) == (404, "text/html")
        assert "찾을 수 없습니다" in page.text


def test_a_program_that_follows_an_old_link_gets_a_problem(shop: Shop) -> None:
    client = shop.app.test_client()

    for path in ("/policies/nosuchsite12", "/preferences/nosuchsite12", "/nowhere"):
        answer = client.get(path, headers={"Accept": "application/json"})
        assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
