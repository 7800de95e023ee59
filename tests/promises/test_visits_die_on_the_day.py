"""S23, R16: visit records are kept three months by the calendar, and not an instant longer.

Black box: the real server under a turned clock, real requests, the command line as an auditor.
"""

from __future__ import annotations

import json
import time
import uuid
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from support.rings import key_files
from support.service import MakeService, Service

ORIGIN = "https://shop.example"
VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "retention.json").read_text())
BY_ID = {vector["id"]: vector for vector in VECTORS["vectors"]}
CASES = [
    pytest.param(BY_ID["V04"], "America/Los_Angeles", id="V04 another day in Seoul"),
    pytest.param(BY_ID["V07"], "Asia/Seoul", id="V07 there is no 30 February"),
    pytest.param(BY_ID["V15"], "UTC", id="V15 another year in Seoul"),
]


def turned_to(service: Service, instant: datetime) -> None:
    """Starts the service with its wall clock at an instant (libfaketime reads local time)."""
    service.stop()
    service.faketime = f"@{instant.astimezone(service.zone):%Y-%m-%d %H:%M:%S}"
    service.start()


def visit(service: Service) -> int:
    body = {"site": service.site_key, "visit_id": str(uuid.uuid4()), "path": "/pricing"}
    return service.post("/v1/visits", body, Origin=ORIGIN)[0]


def older(service: Service) -> dict[str, Any]:
    """Returns what `retention check --json` says."""
    answer: dict[str, Any] = json.loads(
        service.run_cli("retention", "check", "--json", check=False).stdout
    )
    return answer


@pytest.mark.parametrize(("case", "zone"), CASES)
def test_a_visit_is_readable_one_second_before_its_instant_and_gone_at_it(
    make_service: MakeService, case: dict[str, str], zone: str
) -> None:
    service = make_service({"TZ": zone})
    service.add_site(ORIGIN)
    recorded_at = datetime.fromisoformat(case["recorded_at"])
    gone_at = datetime.fromisoformat(case["gone_at"])
    turned_to(service, recorded_at)
    assert visit(service) == 204
    service.stop()

    service.faketime = frozen(service, gone_at - timedelta(seconds=1))
    before, overdue_before = service.export("visits"), older(service)
    service.faketime = frozen(service, gone_at)
    after, overdue_after = service.export("visits"), older(service)

    assert [row["path"] for row in before] == ["/pricing"]
    assert datetime.fromisoformat(before[0]["gone_at"]) == gone_at
    assert after == []
    assert (overdue_before["older"], overdue_after["older"]) == (0, 2)  # the row and its day's key


def frozen(service: Service, instant: datetime) -> str:
    """A clock that stands still at an instant, in the words of libfaketime."""
    return f"{instant.astimezone(service.zone):%Y-%m-%d %H:%M:%S}"


def test_the_serving_process_destroys_by_itself_without_cron(make_service: MakeService) -> None:
    service = make_service()
    service.add_site(ORIGIN)
    turned_to(service, datetime.fromisoformat("2026-01-15T00:30:00+00:00"))
    assert visit(service) == 204

    turned_to(service, datetime.fromisoformat("2026-04-15T15:00:00+00:00"))
    deadline = time.monotonic() + 20
    while older(service)["older"] and time.monotonic() < deadline:
        time.sleep(0.2)

    assert older(service)["older"] == 0
    assert not key_files(service.home / "keys")


def test_what_is_due_while_the_service_runs_goes_though_no_timed_wait_on_a_lock_ends(
    make_service: MakeService,
) -> None:
    """So it is under `faketime`, which turns the monotonic clock too, but not such waits."""
    service = make_service({"FAKETIME_DONT_FAKE_MONOTONIC": "0"})
    service.add_site(ORIGIN)
    turned_to(service, datetime.fromisoformat("2026-01-15T00:30:00+00:00"))
    assert visit(service) == 204
    keys = service.home / "keys"

    turned_to(service, datetime.fromisoformat("2026-04-15T14:59:57+00:00"))
    kept_at_first = key_files(keys)
    deadline = time.monotonic() + 20
    while key_files(keys) and time.monotonic() < deadline:
        time.sleep(0.2)

    assert kept_at_first
    assert not key_files(keys)
