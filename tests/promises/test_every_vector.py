"""S23, R16: the legal calendar, in a real server in three zones; every vector in process.

With the scheduler off: what is over cannot be read though nothing has been destroyed.
"""

from __future__ import annotations

import json
import uuid
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from consent_server import clock
from consent_server.visits.services import VisitFilter
from support.prepared import Prepared
from support.service import MakeService, Service
from support.shop import Shop
from support.turning import Commands, Turning, commands_of

ORIGIN = "https://shop.example"
FILE = Path(__file__).parents[1] / "vectors" / "retention.json"
VECTORS: list[tuple[str, datetime, datetime]] = sorted(
    [
        (
            vector["id"],
            datetime.fromisoformat(vector["recorded_at"]),
            datetime.fromisoformat(vector["gone_at"]),
        )
        for vector in json.loads(FILE.read_text())["vectors"]
    ],
    key=lambda vector: vector[1],
)
SEOUL = ZoneInfo("Asia/Seoul")
HASTE = timedelta(minutes=2)  # between the turn of the clock and the answer, on the slowest machine
ZONES = {  # the zone of a server, and the vectors that live through it
    "UTC": ("V02", "V07", "V15"),
    "Asia/Seoul": ("V03", "V08", "V09"),
    "America/Los_Angeles": ("V04", "V10", "X2"),
}


@pytest.mark.parametrize("zone", ZONES)
def test_what_a_real_server_recorded_is_readable_to_the_last_second_and_gone_at_the_instant(
    make_service: MakeService, prepared: Prepared, tmp_path: Path, zone: str
) -> None:
    turning = Turning(prepared, tmp_path / "clock", zone)
    vectors = [vector for vector in VECTORS if vector[0] in ZONES[zone]]
    service = make_service({"TZ": zone, "CONSENT_SCHEDULER": "off"})
    service.add_site(ORIGIN)
    for name, recorded_at, _ in vectors:  # a start each: many threads at a clock in a file race
        began = going_on_from(recorded_at).astimezone(ZoneInfo(zone))
        service.faketime = f"@{began:%Y-%m-%d %H:%M:%S}"
        service.start()
        assert visit(service, f"/{name}") == 204
        service.kill()  # what was acknowledged is on disk

    seen = {}
    service.faketime = None
    with commands_of(service.environ | turning.environ) as commands:
        for name, _, gone_at in vectors:
            turning.stop_at(gone_at - timedelta(seconds=1))
            before = is_readable(commands, name)
            turning.stop_at(gone_at)
            seen[name] = (before, is_readable(commands, name))
        turning.stop_at(max(gone_at for _, _, gone_at in vectors))
        overdue, _ = commands.run("retention", "check", "--quick")
        destroyed, _ = commands.run("retention", "run")
        clean, _ = commands.run("retention", "check")
        sound, _ = commands.run("certificates", "verify")
        certified = json.loads(commands.run("certificates", "list", "--json")[1])

    assert seen == {name: (True, False) for name, _, _ in vectors}
    assert (overdue, destroyed, clean, sound) == (1, 0, 0, 0)
    of_visits = [each["records"] for each in certified if each["record_class"] == "visit"]
    assert sum(of_visits) == len(vectors)  # the access log of those years went as well


def going_on_from(instant: datetime) -> datetime:
    """The instant, or somewhat earlier where the day would end before the request is answered."""
    return instant - HASTE if day(instant + HASTE) > day(instant) else instant


def day(instant: datetime) -> date:
    return instant.astimezone(SEOUL).date()


def visit(service: Service, path: str) -> int:
    body = {"site": service.site_key, "visit_id": str(uuid.uuid4()), "path": path}
    return service.post("/v1/visits", body, Origin=ORIGIN)[0]


def is_readable(commands: Commands, name: str) -> bool:
    rows = commands.rows("visits", "export", "--format", "ndjson")
    return f"/{name}" in [row["path"] for row in rows]


def test_in_process_every_vector_is_readable_to_the_last_millisecond(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, recorded_at, _ in VECTORS:
        monkeypatch.setattr(clock, "now", lambda at=recorded_at: at)
        shop.send_visit(shop.visit(path=f"/{name}"))

    seen: dict[str, list[bool]] = {}
    with shop.app.app_context():
        for name, _, gone_at in VECTORS:
            for instant in (gone_at - timedelta(milliseconds=1), gone_at):
                monkeypatch.setattr(clock, "now", lambda at=instant: at)
                paths = {view.path for view in shop.house.reader.newest(VisitFilter())}
                seen.setdefault(name, []).append(f"/{name}" in paths)

    assert seen == {name: [True, False] for name, _, _ in VECTORS}
