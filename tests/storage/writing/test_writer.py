"""The writer: what it acknowledges is on disk, what it refuses is nowhere, nobody waits long."""

from __future__ import annotations

import sqlite3
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Table, event, func, insert, select
from sqlalchemy.exc import DBAPIError

from consent_server.consents.models import ConsentRecord
from consent_server.errors import Unavailable
from consent_server.storage import revision
from consent_server.storage.database import db, table_of
from consent_server.storage.partitions.keeper import PartitionKeeper
from consent_server.storage.writing.writer import Writer
from consent_server.visits.models import Visit
from support.apps import EngineName
from support.postgres import Postgres
from support.shop import Shop

VISITS = table_of(Visit)
CONSENTS = table_of(ConsentRecord)
NOW = datetime(2026, 1, 15, tzinfo=UTC)


def row(**changes: Any) -> dict[str, Any]:
    return {
        "visit_id": uuid.uuid4(),
        "site_id": 1,
        "recorded_at": NOW,
        "day": date(2026, 1, 15),
        "gone_at": NOW,
        "device_class": "pc",
        "payload": b"sealed",
    } | changes


def consent_row(shop: Shop) -> dict[str, Any]:
    return {
        "consent_id": uuid.uuid4(),
        "site_id": shop.id,
        "visitor_id": uuid.uuid4(),
        "action": "accept_all",
        "policy_version": 1,
        "language": "ko",
        "text_sha256": "0" * 64,
        "decisions": {"analytics": True},
        "services": {},
        "layer": "notice",
        "trusted": True,
        "gpc": False,
        "recorded_at": NOW,
        "valid_until": NOW,
        "digest": "0" * 64,
    }


KEYS = ("id", "consent_id", "visit_id")
LATE = datetime(2026, 1, 15, 12, 30, 0, 5, tzinfo=UTC)


def fresh_key(table: Table) -> dict[str, uuid.UUID]:
    return {name: uuid.uuid4() for name in KEYS[1:] if name in table.c}


def raw_query(table: Table) -> str:
    """All columns but the keys, as the database itself holds them."""
    names = ", ".join(column.name for column in table.columns if column.name not in KEYS)
    return f"SELECT {names} FROM {table.name} ORDER BY id"


@pytest.fixture(autouse=True)
def partition(app: Flask) -> None:
    with app.app_context():
        PartitionKeeper(db.engine, VISITS.name).ensure(NOW)


def count(app: Flask) -> int:
    with app.app_context(), db.engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(VISITS)).scalar_one()


@pytest.fixture
def writer(app: Flask) -> Iterator[Writer]:
    with app.app_context():
        writer = Writer(db.engine, queue_limit=100)
    yield writer
    writer.close()


def in_threads(works: list[Any]) -> list[Any]:
    """Runs all at once; returns results, or the errors raised, in order."""
    results: list[Any] = [None] * len(works)

    def run(number: int) -> None:
        try:
            results[number] = works[number]()
        except Exception as error:  # noqa: BLE001 - handed to the test
            results[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@contextmanager
def held_up(writer: Writer) -> Iterator[None]:
    """Keeps the writer busy for half a second: what is written meanwhile queues up behind it."""
    hold, held = threading.Event(), threading.Event()

    def block(_connection: object) -> None:
        held.set()
        hold.wait(10)

    blocker = threading.Thread(target=lambda: writer.run(block))
    blocker.start()
    held.wait(10)
    threading.Timer(0.5, hold.set).start()
    yield
    blocker.join()


def test_a_written_row_can_be_read_by_another_connection_at_once(
    app: Flask, writer: Writer
) -> None:
    writer.write(VISITS, "visit_id", row())

    assert count(app) == 1


def test_a_row_is_stored_as_the_models_would_store_it(shop: Shop) -> None:
    consent, visit = consent_row(shop), row(payload=bytes(range(256)), recorded_at=LATE)

    writer = shop.house.writer
    in_threads(
        [
            lambda: writer.write(CONSENTS, "consent_id", consent),
            lambda: writer.write(VISITS, "visit_id", visit),
        ]
    )

    with shop.app.app_context():
        for table, written in ((CONSENTS, consent), (VISITS, visit)):
            with db.engine.begin() as connection:
                connection.execute(insert(table).values(written | fresh_key(table)))
                one, other = connection.execute(select(table)).mappings().all()
                raw = [tuple(r) for r in connection.exec_driver_sql(raw_query(table))]
            assert {name: one[name] for name in written} == written
            assert dict(one) | dict.fromkeys(KEYS) == dict(other) | dict.fromkeys(KEYS)
            assert raw[0] == raw[1]


def test_a_key_written_twice_keeps_the_first_row(app: Flask, writer: Writer) -> None:
    first = row(payload=b"first")

    writer.write(VISITS, "visit_id", first)
    writer.write(VISITS, "visit_id", first | {"payload": b"second"})

    with app.app_context(), db.engine.connect() as connection:
        assert [bytes(stored.payload) for stored in connection.execute(select(VISITS))] == [
            b"first"
        ]


def test_many_callers_share_commits_and_each_gets_its_own_row(app: Flask, writer: Writer) -> None:
    rows = [row() for _ in range(60)]

    stored = in_threads([lambda r=r: writer.write(VISITS, "visit_id", r) for r in rows])

    assert [s["visit_id"] for s in stored] == [r["visit_id"] for r in rows]
    assert count(app) == 60


def test_a_poisoned_row_fails_alone(app: Flask, writer: Writer) -> None:
    rows = [row() for _ in range(20)]
    rows[7]["device_class"] = None  # NOT NULL

    with held_up(writer):
        results = in_threads([lambda r=r: writer.write(VISITS, "visit_id", r) for r in rows])

    assert isinstance(results[7], DBAPIError)
    assert sum(isinstance(result, Exception) for result in results) == 1
    assert count(app) == 19


def test_a_full_queue_is_refused_and_not_silently_dropped(app: Flask) -> None:
    with app.app_context():
        writer = Writer(db.engine, queue_limit=2)

    with held_up(writer):
        results = in_threads([lambda: writer.write(VISITS, "visit_id", row()) for _ in range(10)])
    writer.close()

    refused = [result for result in results if isinstance(result, Unavailable)]
    assert len(refused) == 8
    assert count(app) == 2


def test_a_flood_of_visits_does_not_keep_a_decision_out(shop: Shop) -> None:
    with shop.app.app_context():
        writer = Writer(db.engine, queue_limit=2)

    with held_up(writer):
        consent = consent_row(shop)
        results = in_threads(
            [
                *[lambda: writer.write(VISITS, "visit_id", row()) for _ in range(10)],
                lambda: writer.write(CONSENTS, "consent_id", consent),
            ]
        )
    writer.close()

    assert sum(isinstance(result, Unavailable) for result in results) == 8
    assert results[-1] == consent


def test_what_is_queued_is_written_before_it_stops_and_nothing_after(
    app: Flask, writer: Writer
) -> None:
    writer.write(VISITS, "visit_id", row())
    writer.close()

    with pytest.raises(Unavailable):
        writer.write(VISITS, "visit_id", row())
    assert count(app) == 1


def test_work_between_batches_is_one_transaction(app: Flask, writer: Writer) -> None:
    def insert_and_fail(connection: Any) -> None:
        connection.execute(VISITS.insert(), [row()])
        raise ValueError("changed my mind")

    with pytest.raises(ValueError, match="changed my mind"):
        writer.run(insert_and_fail)
    assert count(app) == 0


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=False)
def test_a_locked_file_is_503_with_retry_after_and_works_again_afterwards(
    shop: Shop, engine_name: EngineName
) -> None:
    path = shop.house.settings.database_url.removeprefix("sqlite:///")
    lock = sqlite3.connect(path, isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    submission = shop.submission()

    refused = shop.send_consent(submission)
    lock.execute("ROLLBACK")
    lock.close()
    accepted = shop.send_consent(submission)

    assert (refused.status_code, refused.mimetype) == (503, "application/problem+json")
    assert int(refused.headers["Retry-After"]) >= 1
    assert accepted.status_code == 201


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=False)
def test_whoever_waits_when_the_database_gives_no_answer_does_not_wait_for_the_next_try_too(
    app: Flask, writer: Writer, engine_name: EngineName
) -> None:
    with app.app_context():
        file = str(db.engine.url.database)
    with closing(sqlite3.connect(file, isolation_level=None)) as lock:
        lock.execute("BEGIN IMMEDIATE")

        started = time.monotonic()
        refused = in_threads([lambda: writer.write(VISITS, "visit_id", row())] * 20)
        waited = time.monotonic() - started
        lock.execute("ROLLBACK")

    assert {type(answer) for answer in refused} == {Unavailable}
    assert waited < 20  # one or two tries of 4 seconds, and not one for each of the 20
    assert count(app) == 0


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=False)
def test_a_stopped_server_is_503_with_retry_after_and_works_again_afterwards(
    shop: Shop, postgres: Postgres, engine_name: EngineName
) -> None:
    shop.send_consent(shop.submission())
    submission, visit = shop.submission(), shop.visit()

    postgres.stop()
    started = time.monotonic()
    refused = [shop.send_consent(submission), shop.send_visit(visit)]
    waited = time.monotonic() - started
    ready = shop.app.test_client().get("/readyz")
    alive = shop.app.test_client().get("/healthz")
    postgres.start()
    accepted = [shop.send_consent(submission), shop.send_visit(visit)]

    assert [(r.status_code, "Retry-After" in r.headers) for r in refused] == [(503, True)] * 2
    assert waited < 30
    assert (ready.status_code, alive.status_code) == (503, 200)
    assert [r.status_code for r in accepted] == [201, 204]
    assert shop.send_consent(submission).status_code == 201


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=False)
def test_while_the_server_is_stopped_pages_still_get_their_script_and_others_no_refusal(
    shop: Shop, postgres: Postgres, engine_name: EngineName, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, address = shop.app.test_client(), f"/embed/{shop.key}.js"
    before = client.get(address)

    postgres.stop()
    minute_later = SimpleNamespace(monotonic=lambda: time.monotonic() + 60)
    monkeypatch.setattr(revision, "time", minute_later)
    known, unknown = client.get(address), client.get("/embed/unknownunkno.js")
    postgres.start()

    assert (known.status_code, known.data) == (200, before.data)
    assert unknown.status_code == 503  # nobody can say that there is no such site


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=False)
def test_a_server_that_was_restarted_meanwhile_costs_nobody_a_refusal(
    shop: Shop, postgres: Postgres, engine_name: EngineName
) -> None:
    shop.send_consent(shop.submission())
    submission = shop.submission()

    postgres.stop()
    postgres.start()
    accepted = shop.send_consent(submission)

    assert accepted.status_code == 201


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=False)
def test_a_full_disk_is_503_and_nothing_is_half_written(
    shop: Shop, engine_name: EngineName
) -> None:
    with shop.app.app_context():
        pages = db.session.connection().exec_driver_sql("PRAGMA page_count").scalar_one()
        db.session.rollback()
        full = f"PRAGMA max_page_count = {pages}"  # SQLite's own full disk: SQLITE_FULL
        event.listen(db.engine, "connect", lambda connection, _record: connection.execute(full))
        db.engine.dispose()
    statuses = {shop.send_visit(shop.visit()).status_code for _ in range(400)}

    assert statuses == {204, 503}
    with shop.app.app_context():
        accepted = count(shop.app)
        check = db.session.connection().exec_driver_sql("PRAGMA integrity_check").scalar_one()
    assert check == "ok"
    assert accepted < 400
