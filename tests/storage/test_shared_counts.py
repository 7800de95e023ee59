"""Counts that several processes share: added up, never in a request's way, gone when over."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import Engine, create_engine, text

from consent_server import clock
from consent_server.storage import shared_counts
from consent_server.storage.database import db
from consent_server.storage.shared_counts import SharedCounts
from support.postgres import free_port

pytestmark = pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
NOON = datetime(2026, 3, 2, 12, 0, 10, tzinfo=UTC)
SPAN = 60

MakeCounts = Callable[..., SharedCounts]


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)


@pytest.fixture
def engine(app: Flask) -> Engine:
    with app.app_context():
        return db.engine


@pytest.fixture
def make_counts(engine: Engine) -> Iterator[MakeCounts]:
    """Makes what each process has of its own."""
    made: list[SharedCounts] = []

    def make(engine: Engine = engine, grain: int = 1) -> SharedCounts:
        made.append(SharedCounts(engine, grain))
        return made[-1]

    yield make
    for counts in made:
        counts.close()


def hit(counts: SharedCounts, times: int, key: str = "a") -> int:
    return [counts.incr(key, SPAN) for _ in range(times)][-1]


def rows(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        found = connection.execute(text("SELECT key, hits FROM rate_counts")).all()
    return {row.key: row.hits for row in found}


def test_two_processes_add_up_what_each_has_seen(make_counts: MakeCounts) -> None:
    first, second = make_counts(), make_counts()

    known = []
    for counts, times in ((first, 5), (second, 2), (first, 1), (second, 1)):
        hit(counts, times)
        counts.settle()
        known.append(counts.get("a"))

    assert known == [5, 7, 8, 9]


def test_what_is_counted_while_a_round_runs_is_neither_lost_nor_doubled(
    make_counts: MakeCounts, engine: Engine
) -> None:
    counts = make_counts()
    threads = [threading.Thread(target=hit, args=(counts, 300)) for _ in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        counts.settle()
    counts.settle()

    assert counts.get("a") == 1200
    assert list(rows(engine).values()) == [1200]


def test_a_process_tells_by_itself(make_counts: MakeCounts, engine: Engine) -> None:
    hit(make_counts(), 3)

    wait_until(lambda: sum(rows(engine).values()) == 3)


def test_who_sends_as_people_do_is_in_no_table(make_counts: MakeCounts, engine: Engine) -> None:
    counts = make_counts(grain=10)
    hit(counts, 9, "person")
    hit(counts, 10, "flood")

    counts.settle()

    assert [key.split("#")[0] for key in rows(engine)] == ["flood"]


def test_spans_that_are_over_are_removed(
    make_counts: MakeCounts, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_counts, "_SWEEP_SECONDS", 0.0)
    counts = make_counts()
    hit(counts, 1, "old")
    counts.settle()

    monkeypatch.setattr(clock, "now", lambda: NOON + timedelta(seconds=SPAN))
    hit(counts, 1, "new")
    counts.settle()

    assert [key.split("#")[0] for key in rows(engine)] == ["new"]


def test_without_the_database_a_process_counts_alone_and_says_so_once(
    make_counts: MakeCounts, caplog: pytest.LogCaptureFixture
) -> None:
    away = create_engine(f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/nothing")
    counts = make_counts(away)

    with caplog.at_level(logging.WARNING, "consent_server.storage.shared_counts"):
        hit(counts, 4)
        counts.settle()
        counts.settle()

    assert hit(counts, 1) == 5
    assert [record.message for record in caplog.records] == [
        "rate limits: the database is away (OperationalError); this process counts alone"
    ]


def test_what_was_counted_during_an_outage_is_told_afterwards(
    make_counts: MakeCounts, engine: Engine
) -> None:
    counts = make_counts()
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE rate_counts RENAME TO gone"))
    hit(counts, 4)
    counts.settle()
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE gone RENAME TO rate_counts"))

    counts.settle()

    assert list(rows(engine).values()) == [4]


def test_the_table_is_in_no_write_ahead_log(engine: Engine) -> None:
    with engine.connect() as connection:
        kind = connection.execute(
            text("SELECT relpersistence FROM pg_class WHERE relname = 'rate_counts'")
        ).scalar_one()

    assert kind in ("u", b"u")


def wait_until(is_so: Callable[[], bool]) -> None:
    """Asks again until it is so; the suite's patience ends a wait in vain."""
    asked = threading.Event()
    for _ in range(400):
        if is_so():
            return
        asked.wait(0.05)
    raise AssertionError("it never was")
