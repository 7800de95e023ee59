"""S24, R18: after the operating window a visit lies in a separate database, and only there.

Black box: the real server under a turned clock, the command line, the two files.
"""

from __future__ import annotations

import json
import sqlite3
import uuid
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

from support.service import MakeService, Service
from support.shop import IPHONE

ORIGIN = "https://shop.example"
RECORDED = datetime.fromisoformat("2026-01-15T12:30:00+09:00")


def at(service: Service, instant: datetime) -> str:
    """A clock that stands still at an instant, in the words of libfaketime."""
    return f"{instant.astimezone(service.zone):%Y-%m-%d %H:%M:%S}"


def rows(path: Path, table: str) -> int:
    with closing(sqlite3.connect(path)) as connection:
        count: int = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        return count


def places(service: Service) -> tuple[int, int]:
    return (
        rows(service.home / "consent.db", "visits"),
        rows(service.home / "archive.db", "archived_visits"),
    )


def test_after_the_window_a_visit_is_absent_in_one_file_and_present_in_the_other(
    make_service: MakeService,
) -> None:
    service = make_service()
    service.add_site(ORIGIN)
    service.faketime = f"@{at(service, RECORDED)}"
    service.start()
    visit = {"site": service.site_key, "visit_id": str(uuid.uuid4()), "path": "/pricing"}
    headers = {"Origin": ORIGIN, "User-Agent": IPHONE}
    assert service.post("/v1/visits", visit, **headers)[0] == 204
    service.stop()

    service.faketime = at(service, RECORDED + timedelta(days=6))
    service.run_cli("retention", "run")
    within, exported = places(service), len(service.export("visits"))
    service.faketime = at(service, RECORDED + timedelta(days=7))
    service.run_cli("retention", "run")
    after, left = places(service), service.run_cli("visits", "export", "--format", "ndjson")
    shown = service.run_cli("statistics", "show", "--site", service.site_key, "--json")

    assert (within, exported) == ((1, 0), 1)
    assert (after, left.stdout) == ((0, 1), "")
    assert "1 more visit records of these days lie in the archive" in left.stderr
    states = {day["day"]: day["state"] for day in json.loads(shown.stdout)["days"]}
    assert states["2026-01-15"] == "few"  # one visitor is nobody's business
