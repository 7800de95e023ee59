"""S20, S25: whoever is not named here has no way to archived visits."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.pool import Pool

from consent_server.storage.database import ARCHIVE, db
from support.console import Console
from support.shop import Shop

PACKAGE = Path(__file__).parents[2] / "consent_server"
NAMES = {"ArchivedVisit", "ARCHIVE", "archived_visits", "archive_database_url"}
MAY = (
    "house.py",  # joins the parts
    "config.py",
    "config_rules.py",  # refuses one database for both
    "storage/",  # binds, migrates, copies
    "migrations/",
    "visits/models.py",
    "visits/erasure",  # removes a visitor's records, in both databases
    "visits/removal",
    "visits/own.py",  # shows visitors their own (PIPA art. 35)
    "drill/",  # on databases of its own
    "retention/",  # moves and destroys
    "disclosures/",  # reads, with a legal basis and a second operator
    "holds/",
    "web/checks.py",  # whether its disk has room
)


def names_in(path: Path) -> set[str]:
    words = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Name):
            words.add(node.id)
        elif isinstance(node, ast.Attribute):
            words |= {node.attr} - {"archived_visits"}  # how many were destroyed
        elif isinstance(node, ast.alias):
            words.add(node.name)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            words |= set(node.value.replace("'", " ").split())
    return words


def test_only_the_rooms_that_the_law_knows_touch_the_archive() -> None:
    paths = {path.relative_to(PACKAGE).as_posix(): path for path in PACKAGE.rglob("*.py")}

    trespassers = [
        name for name, path in paths.items() if not name.startswith(MAY) and names_in(path) & NAMES
    ]

    assert trespassers == []


def test_the_rooms_that_may_are_those_that_do() -> None:
    """The look above finds what it looks for."""
    names = [path for path in (PACKAGE / "retention").glob("*.py") if names_in(path) & NAMES]

    assert {path.name for path in names} >= {"services.py", "moving.py"}


PAGES = (
    "/admin/",
    "/admin/statistics",
    "/admin/consents",
    "/admin/visits",
    "/admin/exports",
    "/admin/access-log",
)


@pytest.mark.parametrize("path", PAGES)
def test_no_ordinary_page_opens_a_connection_to_the_archive(
    shop: Shop, owner: Console, path: str
) -> None:
    shop.send_visit(shop.visit())
    if path == "/admin/visits":
        owner.send(path, form=path, reason="Ticket 4711")
    taken = watched(shop)

    answer = owner.get(path)

    assert answer.status_code == 200
    assert taken == []


def test_no_page_of_a_visitor_opens_a_connection_to_the_archive(shop: Shop) -> None:
    taken = watched(shop)

    statuses = [
        shop.send_visit(shop.visit()).status_code,
        shop.send_consent(shop.submission()).status_code,
        shop.app.test_client().get(f"/preferences/{shop.key}").status_code,
        shop.app.test_client().get(f"/embed/{shop.key}.js").status_code,
    ]

    assert statuses == [204, 201, 200, 200]
    assert taken == []


def test_a_move_does_open_one(shop: Shop) -> None:
    taken = watched(shop)

    with shop.app.app_context():
        shop.house.retention.check()

    assert taken


def watched(shop: Shop) -> list[Any]:
    """Returns a list that grows with each connection to the archive that is taken from now on."""
    taken: list[Any] = []
    with shop.app.app_context():
        pool: Pool = db.engines[ARCHIVE].pool
    event.listen(pool, "checkout", lambda *call: taken.append(call))
    return taken
