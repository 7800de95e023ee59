"""Clocks that jump: nothing lives longer for it, nothing comes back, nobody is locked out."""

from __future__ import annotations

import json
import sqlite3
import time
import uuid
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from consent_server.periods import RetentionPeriod
from support.load import ORIGIN, submission_of
from support.prepared import Prepared
from support.rings import key_files
from support.service import MakeService, Service

PERIOD = RetentionPeriod(months=3, zone=ZoneInfo("Asia/Seoul"))


class Turned:
    """A running deployment whose clock is turned by days (libfaketime reads a file each time)."""

    def __init__(self, make_service: MakeService, libfaketime: str, file: Path) -> None:
        self._file = file
        self.turn(0)
        self.service: Service = make_service(
            {
                "LD_PRELOAD": libfaketime,
                "FAKETIME_TIMESTAMP_FILE": str(file),
                "FAKETIME_NO_CACHE": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                # APScheduler counts every run that a jump left out: millions, were it each second
                "CONSENT_RETENTION_INTERVAL_SECONDS": "5",
            }
        )
        self.service.inside = ["env"]  # commands in processes of their own see the turned clock
        self.service.add_site(ORIGIN)

    def turn(self, days: int) -> None:
        """Sets the clock that many days ahead of the machine's."""
        self._file.write_text(f"{days * 86400:+d}")

    def visit(self, path: str) -> int:
        body = {"site": self.service.site_key, "visit_id": str(uuid.uuid4()), "path": path}
        return self.service.post("/v1/visits", body, Origin=ORIGIN)[0]


@pytest.fixture
def turned(make_service: MakeService, prepared: Prepared, tmp_path: Path) -> Turned:
    return Turned(make_service, prepared.libfaketime, tmp_path / "clock")


def until(is_so: Callable[[], bool]) -> bool:
    """Waits for it, at most a minute; returns whether it came."""
    deadline = time.monotonic() + 60
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.2)
    return is_so()


def certificates(home: Path) -> int:
    """Returns how many there are; a command takes long under a clock that is turned."""
    with closing(sqlite3.connect(home / "consent.db")) as connection:
        return int(
            connection.execute("SELECT count(*) FROM destruction_certificates").fetchone()[0]
        )


def test_a_visit_from_a_clock_that_was_ahead_goes_with_those_of_today(turned: Turned) -> None:
    service = turned.service
    turned.turn(10)
    service.start()
    ahead = turned.visit("/ahead")
    service.kill()  # its lease ends in ten days; nobody is bound by it
    turned.turn(0)
    service.start()
    right = turned.visit("/right")
    tomorrow = PERIOD.gone_at(datetime.now(UTC) + timedelta(days=1))

    is_told = until(lambda: "the clock was ahead when 1 visits came" in service.log.read_text())

    rows = service.export("visits")
    assert (ahead, right, is_told) == (204, 204, True)
    assert [row["path"] for row in rows] == ["/ahead", "/right"]
    assert all(datetime.fromisoformat(row["gone_at"]) <= tomorrow for row in rows)


def test_a_visitor_keeps_the_token_of_a_clock_that_was_ahead(turned: Turned) -> None:
    service = turned.service
    turned.turn(10)
    service.start()
    first = submission_of(service)
    status, answer = service.post("/v1/consents", first, Origin=ORIGIN)
    turned.turn(0)
    token = json.loads(answer)["token"]

    later, _ = service.post("/v1/consents", submission_of(service, visitor=token), Origin=ORIGIN)

    rows = service.export("consents")
    assert (status, later) == (201, 201)
    assert rows[0]["visitor_id"] == rows[1]["visitor_id"]
    assert rows[0]["consent_id"] == first["submission_id"]  # by id, not by the clock


def test_what_a_clock_far_ahead_destroyed_does_not_come_back_when_it_is_right(
    turned: Turned,
) -> None:
    service = turned.service
    keys = service.home / "keys"
    service.start()
    before = turned.visit("/before")
    [lost] = key_files(keys)
    sealed, generation = lost.read_bytes(), lost.parent.parent

    turned.turn(100)
    is_destroyed = until(lambda: not generation.exists())
    is_over = until(lambda: certificates(service.home) == 1)
    turned.turn(0)
    after = turned.visit("/after")

    assert (before, is_destroyed, is_over, after) == (204, True, True, 204)
    assert [row["path"] for row in service.export("visits")] == ["/after"]
    assert sealed not in [key.read_bytes() for key in key_files(keys)]
