"""Behind a pooler in transaction mode: everything works, and nothing is left on its connections."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from consent_server import clock
from consent_server.app import create_app
from consent_server.config import Settings
from consent_server.house import house_of
from consent_server.sites.services import find_site
from consent_server.storage.database import db
from support.apps import EngineName
from support.command import run_command
from support.pooler import Pooler
from support.postgres import Postgres
from support.service import MakeService, Service
from support.shop import ORIGIN, MakeShop, Shop

GONE = datetime(2026, 4, 15, 15, tzinfo=UTC)
pytestmark = pytest.mark.parametrize("engine_name", ["postgresql"], indirect=False)


@pytest.fixture
def behind_pooler(pooler: Pooler, settings: Settings) -> dict[str, Any]:
    """Settings that reach the databases of this test through the pooler."""
    main, archive = (
        url.rsplit("/", 1)[1] for url in (settings.database_url, settings.archive_database_url)
    )
    return {
        "database_url": pooler.url(main).replace("postgresql:", "postgresql+psycopg:"),
        "archive_database_url": pooler.url(archive).replace("postgresql:", "postgresql+psycopg:"),
        "database_pooler": True,
    }


@pytest.fixture
def pooled_shop(make_shop: MakeShop, behind_pooler: dict[str, Any]) -> Shop:
    return make_shop(**behind_pooler)


def test_many_requests_share_few_connections_and_each_record_is_there_once(
    pooled_shop: Shop, engine_name: EngineName
) -> None:
    shop, statuses = pooled_shop, []
    bodies = [shop.submission() for _ in range(12)]

    def visit_page(body: dict[str, Any]) -> None:
        for _ in range(6):
            statuses.append(shop.send_consent(body).status_code)
            statuses.append(shop.send_visit(shop.visit()).status_code)
            statuses.append(shop.app.test_client().get(f"/preferences/{shop.key}").status_code)

    threads = [threading.Thread(target=visit_page, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert set(statuses) == {201, 204, 200}
    with shop.app.app_context():
        for table, rows in (("consent_records", 12), ("visits", 72)):
            assert db.session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == rows


def test_each_transaction_has_its_limits_and_leaves_none_of_them_behind(
    pooled_shop: Shop, pooler: Pooler, engine_name: EngineName
) -> None:
    wanted = {"statement_timeout": "1min", "lock_timeout": "4s", "TimeZone": "UTC"}
    with pooled_shop.app.app_context(), db.engine.connect() as connection:
        found = {name: connection.execute(text(f"SHOW {name}")).scalar_one() for name in wanted}
        connection.rollback()
        raw = connection.connection.driver_connection
        assert raw is not None
        raw.autocommit = True
        after = raw.execute("SHOW statement_timeout").fetchone()
        prepared = raw.execute("SELECT count(*) FROM pg_prepared_statements").fetchone()
        raw.autocommit = False

    assert found == wanted
    assert (after, prepared) == (("0",), (0,))


def test_expired_visits_are_destroyed_behind_it(
    pooled_shop: Shop, monkeypatch: pytest.MonkeyPatch, engine_name: EngineName
) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 1, 15, 0, 30, tzinfo=UTC))
    pooled_shop.send_visit(pooled_shop.visit())

    monkeypatch.setattr(clock, "now", lambda: GONE)
    with pooled_shop.app.app_context():
        done = pooled_shop.house.retention.run()

    assert (done.visits, done.is_scrubbed) == (1, True)


@pytest.fixture
def pooled_service(
    pooler: Pooler, postgres: Postgres, make_service: MakeService
) -> Iterator[Service]:
    """A deployment on empty databases behind the pooler, not yet serving."""
    names = postgres.new_database(), postgres.new_database()
    yield make_service(
        {
            "CONSENT_DATABASE_URL": pooler.url(names[0]),
            "CONSENT_ARCHIVE_DATABASE_URL": pooler.url(names[1]),
            "CONSENT_DATABASE_POOLER": "on",
        }
    )
    for name in names:
        postgres.drop_database(name)


def test_from_init_to_destruction_a_deployment_of_two_workers_runs_behind_it(
    pooled_service: Service, engine_name: EngineName
) -> None:
    service = pooled_service
    service.add_site(ORIGIN)
    service.start("--workers", "2")
    body = submission(service)
    visit = {"site": service.site_key, "visit_id": body["submission_id"], "path": "/pricing"}

    consents = [service.post("/v1/consents", body, Origin=ORIGIN) for _ in range(3)]
    visits = [service.post("/v1/visits", visit, Origin=ORIGIN)[0] for _ in range(3)]
    exported = len(service.export("consents")), len(service.export("visits"))
    service.stop()
    service.faketime = "+120d"
    run = json.loads(service.run_cli("retention", "run", "--json").stdout)
    older = json.loads(service.run_cli("retention", "check", "--json").stdout)["older"]

    assert [status for status, _ in consents] == [201] * 3
    assert len({answer for _, answer in consents}) == 1
    assert visits == [204] * 3
    assert exported == (1, 1)
    assert (run["visits"], run["is_scrubbed"], older) == (1, True, 0)


def test_who_forgot_the_setting_is_told_its_name(
    pooled_service: Service, engine_name: EngineName
) -> None:
    environ = {**pooled_service.environ, "CONSENT_DATABASE_POOLER": "off"}

    refused = run_command(["sites", "list"], environ, check=False)

    assert refused.returncode == 1
    assert "CONSENT_DATABASE_POOLER=on" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1


def submission(service: Service) -> dict[str, Any]:
    """Returns a valid submission for the site of a running deployment."""
    app = create_app(Settings.from_environ(service.environ))
    with app.app_context():
        shop = Shop(app, service.site_key, find_site(service.site_key).id)
        body = shop.submission()
    close(app)
    return body


def close(app: Flask) -> None:
    house_of(app).writer.close()
    with app.app_context():
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()
