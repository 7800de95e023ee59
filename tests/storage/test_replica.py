"""A read replica: lists and exports come from it, and from the main database while it is away."""

from __future__ import annotations

import json
import logging
import time
import uuid
from types import SimpleNamespace

import pytest

from consent_server.config import Settings
from consent_server.consents.services import ConsentFilter, find_consent, list_consents
from consent_server.errors import ConfigError
from consent_server.reports.exports import Export
from consent_server.storage import replica as module
from consent_server.visits.services import VisitFilter
from support.apps import EngineName
from support.postgres import Replica
from support.shop import MakeShop, Shop

on_postgresql = pytest.mark.parametrize("engine_name", ["postgresql"], indirect=False)


@pytest.fixture
def shop_with_replica(make_shop: MakeShop, settings: Settings, replica: Replica) -> Shop:
    name = settings.database_url.rsplit("/", 1)[1]
    replica.catch_up()
    url = replica.url(name).replace("postgresql:", "postgresql+psycopg:")
    return make_shop(replica_database_url=url)


def counted(shop: Shop) -> tuple[int, int, int]:
    """Returns how many records a list of consents, one of visits and an export show."""
    with shop.app.app_context():
        export = Export(kind="consents", format="ndjson")
        blocks = shop.house.exporter.stream(export, operator="auditor", reason="test")
        return (
            len(list_consents(ConsentFilter())),
            len(shop.house.reader.newest(VisitFilter())),
            b"".join(blocks).count(b"\n"),
        )


def record(shop: Shop) -> uuid.UUID:
    """Records a visit and a decision; returns the id of the decision."""
    assert shop.send_visit(shop.visit()).status_code == 204
    return uuid.UUID(json.loads(shop.send_consent(shop.submission()).data)["consent_id"])


@on_postgresql
def test_lists_and_exports_are_read_from_it_and_a_single_record_is_not(
    shop_with_replica: Shop, replica: Replica, engine_name: EngineName
) -> None:
    shop = shop_with_replica
    record(shop)
    replica.catch_up()
    replica.pause(is_paused=True)
    second = record(shop)

    behind = counted(shop)
    with shop.app.app_context():
        found = find_consent(second).consent_id
    replica.pause(is_paused=False)
    replica.catch_up()

    assert behind == (1, 1, 1)
    assert found == second
    assert counted(shop) == (2, 2, 2)


@on_postgresql
def test_while_it_is_away_the_main_database_answers_and_the_log_says_so(
    shop_with_replica: Shop,
    replica: Replica,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    engine_name: EngineName,
) -> None:
    shop = shop_with_replica
    record(shop)
    replica.catch_up()
    with caplog.at_level(logging.WARNING, "consent_server.storage.replica"):
        near = counted(shop)
        replica.stop()
        away = counted(shop)
    replica.start()
    replica.pause(is_paused=True)
    record(shop)
    from_main = counted(shop)
    minute_later = SimpleNamespace(monotonic=lambda: time.monotonic() + 60)
    monkeypatch.setattr(module, "time", minute_later)
    from_replica = counted(shop)
    replica.pause(is_paused=False)

    assert near == away == (1, 1, 1)
    assert [entry.message.partition(":")[0] for entry in caplog.records] == [
        "the replica is away, the main database answers instead"
    ]
    assert (from_main, from_replica) == ((2, 2, 2), (1, 1, 1))


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=False)
def test_a_replica_of_a_file_is_refused(settings: Settings, engine_name: EngineName) -> None:
    environ = {
        "CONSENT_HOME": str(settings.home),
        "CONSENT_REPLICA_DATABASE_URL": "postgresql://reader@127.0.0.1/consent",
    }

    with pytest.raises(ConfigError, match="CONSENT_REPLICA_DATABASE_URL"):
        Settings.from_environ(environ)
