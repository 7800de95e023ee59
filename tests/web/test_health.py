"""Health: 503 only where no record can be kept; what needs an operator is said with 200."""

from __future__ import annotations

import shutil
import sqlite3
import threading
import time
from collections import namedtuple
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask
from sqlalchemy import event
from werkzeug.test import TestResponse

from consent_server import clock
from consent_server.storage.database import db
from consent_server.web import checks as web_checks
from support.apps import MakeApp
from support.shop import Shop

Usage = namedtuple("Usage", "total used free")
on_sqlite = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)


def ready(app: Flask) -> TestResponse:
    return app.test_client().get("/readyz")


def checks(app: Flask) -> dict[str, str]:
    """Returns the status of every check."""
    return {name: check["status"] for name, check in ready(app).get_json()["checks"].items()}


def test_a_healthy_service_says_so_and_names_what_it_looked_at(app: Flask) -> None:
    answer = ready(app)

    assert answer.status_code == 200
    assert answer.get_json()["status"] == "ok"
    assert checks(app) == dict.fromkeys(
        ("main_database", "archive_database", "keys", "queue", "disk", "destruction"), "ok"
    )


def test_both_addresses_answer_head(app: Flask) -> None:
    for path in ("/healthz", "/readyz"):
        answer = app.test_client().head(path)
        assert (answer.status_code, answer.data) == (200, b"")


@on_sqlite
def test_a_database_that_somebody_keeps_locked_is_not_ready(app: Flask, home: Path) -> None:
    with locked(home / "consent.db"):
        answer = ready(app)
        alive = app.test_client().get("/healthz")

    assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")
    assert "Retry-After" in answer.headers
    assert answer.get_json()["checks"]["main_database"]["status"] == "failed"
    assert "locked" in answer.get_json()["detail"]
    assert alive.status_code == 200


@on_sqlite
def test_an_archive_that_is_locked_is_an_operators_matter(app: Flask, home: Path) -> None:
    with locked(home / "archive.db"):
        answer = ready(app)

    assert answer.status_code == 200
    assert answer.get_json()["status"] == "degraded"
    assert answer.get_json()["checks"]["archive_database"]["status"] == "degraded"


@on_sqlite
def test_a_database_of_an_earlier_schema_is_not_ready_and_says_what_to_run(app: Flask) -> None:
    with app.app_context(), db.engine.execution_options(writes=True).begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")

    answer = ready(app)

    assert answer.status_code == 503
    assert "consent-server db upgrade" in answer.get_json()["detail"]


def test_a_key_ring_that_others_may_enter_is_not_ready(app: Flask, shop: Shop) -> None:
    folder = shop.house.settings.keys_dir
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)

    answer = ready(app)

    assert answer.status_code == 503
    assert answer.get_json()["checks"]["keys"]["status"] == "failed"


@pytest.mark.parametrize(
    ("free_mib", "status", "found"), [(600, 200, "ok"), (100, 200, "degraded"), (1, 503, "failed")]
)
@on_sqlite
def test_a_disk_is_reported_before_it_is_full(
    app: Flask, monkeypatch: pytest.MonkeyPatch, free_mib: int, status: int, found: str
) -> None:
    size = free_mib * 1024 * 1024
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(10 * size, 9 * size, size))

    answer = ready(app)

    assert answer.status_code == status
    assert answer.get_json()["checks"]["disk"]["status"] == found


@pytest.mark.parametrize(
    ("waiting", "status", "found"), [(8, 200, "ok"), (9, 200, "degraded"), (10, 503, "failed")]
)
@on_sqlite
def test_a_queue_is_reported_before_it_is_full(
    make_app: MakeApp, waiting: int, status: int, found: str
) -> None:
    """Held full by a writer that waits for a locked database; here only its word counts."""
    app = make_app(queue_limit=10)
    app.extensions["consent_server"].metrics.queued(waiting)

    answer = ready(app)

    assert answer.status_code == status
    assert answer.get_json()["checks"]["queue"]["status"] == found


def test_late_destruction_is_said_but_takes_no_node_out(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.send_visit(shop.visit())
    later = clock.now() + timedelta(days=100)
    monkeypatch.setattr(clock, "now", lambda: later)

    answer = ready(shop.app)

    assert answer.status_code == 200
    assert answer.get_json()["checks"]["destruction"]["status"] == "degraded"
    assert "late by" in answer.get_json()["checks"]["destruction"]["detail"]


def test_all_probes_of_a_second_share_one_look(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_checks, "time", SimpleNamespace(monotonic=lambda: 1000.0))
    looks: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        looks.extend(["look"] if "alembic_version.version_num" in statement else [])

    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", note)

    threads = [threading.Thread(target=ready, args=(app,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(looks) == 1


def test_a_database_that_hangs_is_answered_for_until_it_is_back(app: Flask) -> None:
    release = threading.Event()

    def hang(*_statement: object) -> None:
        assert release.wait(60)

    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", hang)

    answer = ready(app)
    release.set()

    assert answer.status_code == 503
    assert "does not answer" in answer.get_json()["detail"]
    deadline = time.monotonic() + 40
    while ready(app).status_code != 200:
        assert time.monotonic() < deadline


@pytest.fixture
def home(shop: Shop) -> Path:
    return shop.house.settings.home


@contextmanager
def locked(path: Path) -> Iterator[None]:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()
