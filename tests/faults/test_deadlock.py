"""Two processes that are sent the same records in opposite orders never wait for each other."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask

from consent_server.storage.database import db, table_of
from consent_server.storage.partitions.keeper import PartitionKeeper
from consent_server.storage.writing.writer import Writer
from consent_server.visits.models import Visit
from support.apps import EngineName

VISITS = table_of(Visit)
NOW = datetime(2026, 1, 15, tzinfo=UTC)


def row(visit_id: uuid.UUID) -> dict[str, Any]:
    return {
        "visit_id": visit_id,
        "site_id": 1,
        "recorded_at": NOW,
        "day": date(2026, 1, 15),
        "gone_at": NOW,
        "device_class": "pc",
        "payload": b"sealed",
    }


def write_as_one_batch(
    writer: Writer, ids: Sequence[uuid.UUID], both_ready: threading.Barrier, errors: list[Exception]
) -> list[threading.Thread]:
    """Queues rows in this order behind work that ends when both writers have all of theirs."""

    def write(visit_id: uuid.UUID) -> None:
        try:
            writer.write(VISITS, "visit_id", row(visit_id))
        except Exception as error:  # noqa: BLE001 - handed to the test
            errors.append(error)

    held = threading.Event()

    def wait_for_all(_connection: object) -> None:
        held.set()
        both_ready.wait(30)

    begin = threading.Thread(target=writer.run, args=(wait_for_all,))
    begin.start()
    held.wait(30)
    threads = [threading.Thread(target=write, args=(visit_id,)) for visit_id in ids]
    for thread in threads:
        thread.start()
    return [begin, *threads]


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=False)
def test_two_writers_with_the_same_records_in_opposite_orders_both_write(
    app: Flask, engine_name: EngineName
) -> None:
    with app.app_context():
        writers = [Writer(db.engine, queue_limit=1000) for _ in range(2)]
        PartitionKeeper(db.engine, VISITS.name).ensure(NOW)
    errors: list[Exception] = []

    for _ in range(4):  # one round in two met a deadlock when rows were written as they came
        ids = [uuid.uuid4() for _ in range(150)]
        both_ready = threading.Barrier(3)
        threads = [
            thread
            for writer, order in zip(writers, (ids, ids[::-1]), strict=True)
            for thread in write_as_one_batch(writer, order, both_ready, errors)
        ]
        both_ready.wait(30)
        for thread in threads:
            thread.join()
    for writer in writers:
        writer.close()

    assert errors == []
