"""Whatever goes wrong in the real server, nothing that it writes tells of a visitor."""

from __future__ import annotations

import http.client
import json
import sqlite3
import uuid
from contextlib import closing
from typing import Any

import pytest

from support.service import MakeService, Service

ORIGIN = "https://shop.example"
ADDRESS = "203.0.113.77"
AGENT = "Mozilla/5.0 (MarkerPhone; rare) Marker/9.1"
VISITOR = {
    "X-Forwarded-For": ADDRESS,
    "User-Agent": AGENT,
    "Origin": ORIGIN,
    "Referer": f"{ORIGIN}/marker-referrer",
    "Cookie": "cs_visitor=marker-cookie",
}
TOKEN = "bWFya2VydG9rZW5tYXJrZXI.t0ken1.bWFya2VyLXNpZ25hdHVyZS1vZg"


@pytest.fixture
def service(make_service: MakeService) -> Service:
    service = make_service(
        {
            "CONSENT_TRUSTED_PROXIES": "1",
            "CONSENT_DATABASE_TIMEOUT_SECONDS": "0.3",
            "CONSENT_SLOW_SECONDS": "0.001",
        }
    )
    service.start()
    service.add_site(ORIGIN)
    return service


def visit(service: Service, **changes: Any) -> dict[str, Any]:
    body = {"site": service.site_key, "visit_id": str(uuid.uuid4()), "path": "/marker-path"}
    return body | changes


def send(service: Service, method: str, path: str, body: bytes, **headers: str) -> int:
    """Sends exactly these bytes; returns the status."""
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
    with closing(connection):
        connection.request(method, path, body, VISITOR | headers)
        return connection.getresponse().status


def provoke(service: Service) -> set[int]:
    """Sends every kind of request that goes wrong; returns the statuses."""
    text = {"Content-Type": "text/plain"}
    forged = json.dumps(visit(service, visitor=TOKEN)).encode()
    database = service.home / "consent.db"
    statuses = {
        send(service, "POST", "/v1/visits", json.dumps(visit(service)).encode(), **text),
        send(service, "POST", "/v1/visits", forged, **text),
        send(service, "POST", "/v1/visits", b'{"marker-body": ' + b"x" * 20_000, **text),
        send(service, "POST", "/v1/consents", b'{"marker-body": 1}', **text),
        send(service, "POST", "/v1/consents", b"marker-body", **{"Content-Type": "image/png"}),
        send(service, "GET", "/marker-path", b""),
        send(service, "BREW", "/v1/visits?marker-query", b""),
        send(service, "GET", f"/v1/consents/current?site={service.site_key}", b"",
             Authorization=f"Bearer {TOKEN}"),
        send(service, "GET", f"/preferences/{service.site_key}?visitor={TOKEN}", b""),
        send(service, "GET", f"/demo/marker-path/{ADDRESS}", b""),
    }  # fmt: skip
    with closing(sqlite3.connect(database, isolation_level=None)) as lock:
        lock.execute("BEGIN IMMEDIATE")
        for what in (visit(service), visit(service)):
            statuses.add(send(service, "POST", "/v1/visits", json.dumps(what).encode(), **text))
        lock.execute("ROLLBACK")
        lock.execute("UPDATE sites SET banner_settings = ?", (f'{{"{ADDRESS}": "marker-body"}}',))
        lock.execute("UPDATE revision SET number = number + 1")
    service.home.joinpath("keys").chmod(0o755)
    statuses.add(send(service, "POST", "/v1/visits", json.dumps(visit(service)).encode(), **text))
    service.home.joinpath("keys").chmod(0o700)
    while (status := send(service, "GET", f"/embed/{service.site_key}.js?lang=ko", b"")) == 200:
        pass  # until the changed site is noticed: some seconds
    return {*statuses, status}


def test_nothing_that_the_server_writes_tells_of_a_visitor(service: Service) -> None:
    statuses = provoke(service)
    service.stop()
    written = service.log.read_text()
    lines = [json.loads(line) for line in written.splitlines() if line.startswith("{")]
    requests = [line for line in lines if "route" in line]

    assert {200, 204, 302, 303}.intersection(statuses)
    assert {400, 403, 404, 413, 415, 500, 503} <= statuses
    for secret in (ADDRESS, "Marker", "marker", TOKEN, TOKEN.split(".")[0], service.site_key):
        assert secret not in written
    assert {line["status"] for line in requests if "status" in line} >= {500, 503}
    assert all(line["request_id"] for line in requests)
    assert any("document.py" in line.get("exception", "") for line in lines)
    assert any(line["event"] == "slow request" for line in lines)
