"""Jobs: one process of a deployment works at a time, and a failing job is tried again."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import create_engine, select

from consent_server import clock
from consent_server.jobs.scheduler import Scheduler
from consent_server.statistics.models import VisitCount
from consent_server.storage.database import ARCHIVE, db
from consent_server.storage.leases import Lease, take_lease
from consent_server.storage.partitions.keeper import PartitionKeeper, instants_ahead
from consent_server.storage.partitions.keeper import partitions as partitions_of
from consent_server.visits.models import ArchivedVisit, Visit
from support.apps import EngineName
from support.shop import Shop

NOW = datetime(2026, 1, 15, tzinfo=UTC)


def scheduler_of(shop: Shop, *partitions: PartitionKeeper) -> Scheduler:
    house = shop.house
    return Scheduler(
        shop.app, house.settings, house.retention, house.upkeep, house.metrics, partitions
    )


def test_one_of_many_processes_gets_the_lease(app: Flask) -> None:
    taken: list[str] = []

    def try_for(holder: str) -> None:
        with app.app_context():
            if take_lease(db.engine, "retention", holder, 60):
                taken.append(holder)

    threads = [threading.Thread(target=try_for, args=(f"process-{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(taken) == 1


def test_the_holder_renews_and_others_wait_until_it_expires(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        monkeypatch.setattr(clock, "now", lambda: NOW)
        first = take_lease(db.engine, "retention", "a", 60)
        again = take_lease(db.engine, "retention", "a", 60)
        other = take_lease(db.engine, "retention", "b", 60)
        monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(seconds=61))
        later = take_lease(db.engine, "retention", "b", 60)

    assert (first, again, other, later) == (True, True, False, True)


def test_a_lease_that_was_taken_under_a_wrong_clock_binds_nobody(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=90))
        take_lease(db.engine, "retention", "a", 60)
        monkeypatch.setattr(clock, "now", lambda: NOW)

        assert take_lease(db.engine, "retention", "b", 60)


def test_a_scheduler_that_stops_leaves_the_lease_to_another(shop: Shop) -> None:
    first, second = (scheduler_of(shop) for _ in range(2))
    first.start()
    deadline = time.monotonic() + 10
    while not has_lease(shop):
        assert time.monotonic() < deadline
        time.sleep(0.01)

    first.stop()

    assert second.destroy_expired()


def has_lease(shop: Shop) -> bool:
    with shop.app.app_context(), db.engine.connect() as connection:
        return bool(connection.execute(select(Lease.holder)).all())


def test_the_scheduler_destroys_expired_visits_by_itself(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    shop.send_visit(shop.visit())
    scheduler = scheduler_of(shop)

    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=93))
    worked = scheduler.destroy_expired()

    assert worked
    with shop.app.app_context():
        assert shop.house.retention.check().total == 0


def test_only_one_of_two_schedulers_works(shop: Shop) -> None:
    schedulers = [scheduler_of(shop) for _ in range(2)]

    assert [scheduler.destroy_expired() for scheduler in schedulers] == [True, False]


def test_the_partitions_of_the_next_days_are_there_before_a_visit_needs_them(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)

    assert scheduler_of(shop, *shop.house.partitions).make_partitions()
    with shop.app.app_context(), db.engine.connect() as connection:
        if db.engine.dialect.name == "sqlite":
            return  # there are none
        found = {each.gone_at for each in partitions_of(connection, "visits")}
    assert set(instants_ahead(shop.house.settings.visit_period)) <= found


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=False)
def test_partitions_that_cannot_be_made_now_are_no_reason_to_stop(
    shop: Shop, caplog: pytest.LogCaptureFixture, engine_name: EngineName
) -> None:
    nowhere = create_engine("postgresql+psycopg://nobody@127.0.0.1:1/none")
    keeper = PartitionKeeper(nowhere, "visits")

    made = scheduler_of(shop, keeper).make_partitions()

    assert not made
    assert "partition" in caplog.text


def test_one_run_counts_archives_and_destroys_and_each_day_is_where_it_belongs(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    for days in (0, 120, 127):
        monkeypatch.setattr(clock, "now", lambda days=days: NOW + timedelta(days=days))
        shop.send_visit(shop.visit())

    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=128))
    is_run = scheduler_of(shop).destroy_expired()

    with shop.app.app_context():
        binds = (db.engine, Visit), (db.engines[ARCHIVE], ArchivedVisit)
        kept = []
        for engine, table in binds:
            with engine.connect() as connection:
                kept.append(connection.execute(select(table.day)).all())
        counted = set(db.session.scalars(select(VisitCount.day)))
    assert is_run
    assert [[row.day for row in rows] for rows in kept] == [
        [(NOW + timedelta(days=127)).date()],
        [(NOW + timedelta(days=120)).date()],
    ]
    assert counted == {(NOW + timedelta(days=days)).date() for days in (120, 127)}


def test_what_cannot_be_counted_is_a_failure_and_hinders_no_destruction(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    shop.send_visit(shop.visit())
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=100))
    shop.send_visit(shop.visit())
    with shop.app.app_context(), db.engine.execution_options(writes=True).begin() as connection:
        connection.exec_driver_sql("ALTER TABLE visit_counts RENAME TO elsewhere")

    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=102))
    is_run = scheduler_of(shop).destroy_expired()

    metrics = shop.app.test_client().get("/metrics").text
    assert is_run
    assert "consent_job_failures_total 1.0" in metrics
    with shop.app.app_context():
        assert shop.house.retention.check().total == 0
