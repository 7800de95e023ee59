"""S23, R16: visit records are kept three months by the calendar, and not an instant longer.

Black box: the real server under a turned clock destroys by itself (test_every_vector has the
calendar).
"""

from __future__ import annotations

import json
import time
import uuid
from datetime import datetime
from typing import Any

from support.rings import key_files
from support.service import MakeService, Service

ORIGIN = "https://shop.example"


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


def test_the_serving_process_destroys_by_itself_without_cron(make_service: MakeService) -> None:
    service = make_service()
    service.add_site(ORIGIN)
    turned_to(service, datetime.fromisoformat("2026-01-15T00:30:00+00:00"))
    assert visit(service) == 204

    turned_to(service, datetime.fromisoformat("2026-04-15T15:00:00+00:00"))
    deadline = time.monotonic() + 20
    while older(service)["older"] and time.monotonic() < deadline:
        time.sleep(0.2)

    ran = service.run_cli("retention", "run", "--json")  # beside the serving process
    certified = json.loads(service.run_cli("certificates", "list", "--json").stdout)

    assert older(service)["older"] == 0
    assert json.loads(ran.stdout)["certificates"] == []
    assert [(each["day"], each["records"]) for each in certified] == [("2026-01-15", 1)]
    assert certified[0]["executor"].startswith("scheduler on ")
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

    turned_to(service, datetime.fromisoformat("2026-04-15T14:59:52+00:00"))
    kept_at_first = key_files(keys)
    deadline = time.monotonic() + 20
    while key_files(keys) and time.monotonic() < deadline:
        time.sleep(0.2)

    assert kept_at_first
    assert not key_files(keys)
