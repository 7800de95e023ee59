"""R23: what a visitor is known by lies in encrypted payloads and in exports, and nowhere else.

The real server is driven through everything that might write: records, refusals, failures,
sign-ins, exports, metrics, traces, and on PostgreSQL a log of every statement with its values. Then
all that any process wrote is searched for the marks.
"""

from __future__ import annotations

import http.cookiejar
import json
import re
import shutil
import sqlite3
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from support.collector import Collector
from support.console import SIGN_IN
from support.marks import AGENT, IPV4, IPV6, MODEL, PATH, REFERRER, found_in, found_in_folders
from support.postgres import Postgres
from support.service import MakeService, Service

ORIGIN = "https://shop.example"
EMAIL = "handler@shop.example"
G = timedelta(days=100)  # after it every visit of today is gone
LOUD = """
logging_collector = on
log_directory = 'log'
log_statement = 'all'
log_min_duration_statement = 0
log_parameter_max_length = -1
log_parameter_max_length_on_error = -1
log_error_verbosity = verbose
log_connections = on
"""


@dataclass
class Drive:
    """One deployment, and where all that it writes lies."""

    service: Service
    collector: Collector
    written: list[Path]  # folders
    database: str = ""  # URL of the main database, "" for SQLite
    cluster: Path | None = None  # folder of PostgreSQL
    metrics: bytes = b""

    def found(self, *elsewhere: Path) -> list[str]:
        """Returns every mark that lies anywhere."""
        hits = found_in_folders([*self.written, *elsewhere])
        hits += found_in_folders([self.cluster] if self.cluster else [])
        hits += found_in("log", self.service.log.read_bytes())
        hits += found_in("metrics", self.metrics)
        return hits + found_in("traces", b"".join(self.collector.bodies))


@pytest.fixture(params=["sqlite", "postgresql"])
def drive(
    request: pytest.FixtureRequest,
    make_service: MakeService,
    make_postgres: Callable[[str], Postgres],
    collector: Collector,
    tmp_path: Path,
) -> Drive:
    """A service that tells as much as it can, on a database that tells everything."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    environ = {
        "CONSENT_TRUSTED_PROXIES": "1",
        "CONSENT_ACCESS_LOG": "on",
        "CONSENT_LOG_LEVEL": "debug",
        "CONSENT_SLOW_SECONDS": "0.001",
        "CONSENT_RATE_LIMITS": "address 40/minute",
        "CONSENT_METRICS": "on",
        "CONSENT_OTLP_ENDPOINT": collector.url,
        "TMPDIR": str(temporary),
    }
    cluster, database = None, ""
    if request.param == "postgresql":
        cluster = make_postgres(LOUD)
        database = cluster.url(cluster.new_database())
        archive = cluster.url(cluster.new_database())
        environ |= {"CONSENT_DATABASE_URL": database, "CONSENT_ARCHIVE_DATABASE_URL": archive}
    service = make_service(environ)
    folders = [temporary, service.home]
    return Drive(service, collector, folders, database, cluster.folder if cluster else None)


def marked(address: str, **headers: str) -> dict[str, str]:
    """Returns what a proxy passes on of a visitor."""
    return {
        "Origin": ORIGIN,
        "User-Agent": AGENT,
        "X-Forwarded-For": address,
        "Referer": f"https://{REFERRER}{PATH}",
        "Sec-CH-UA-Model": f'"{MODEL}"',
        **headers,
    }


def visit(service: Service, address: str) -> int:
    body = {
        "site": service.site_key,
        "visit_id": str(uuid.uuid4()),
        "path": f"{PATH}?address={address}",
        "referrer": f"https://{REFERRER}/",
        "hints": {"model": MODEL, "mobile": True},
    }
    return service.post("/v1/visits", body, **marked(address))[0]


def consent(service: Service, address: str) -> tuple[int, bytes]:
    shown = json.loads(service.run_cli("policies", "show", service.site_key).stdout)
    purposes = [purpose["key"] for purpose in shown["purposes"]]
    status, page = service.get(f"/policies/{service.site_key}?lang=en")
    found = re.search(rb"<code>([0-9a-f]{64})</code>", page)
    assert (status, found is not None) == (200, True)
    assert found is not None
    body = {
        "site": service.site_key,
        "submission_id": str(uuid.uuid4()),
        "visitor": None,
        "policy_version": 1,
        "language": "en",
        "text_sha256": found[1].decode(),
        "action": "accept_all",
        "decisions": dict.fromkeys(purposes, True),
    }
    return service.post("/v1/consents", body, **marked(address))


def refuse(service: Service) -> set[int]:
    """Sends what is refused, each with marks where an error message might quote them."""
    seen = set()
    for path, body in (
        ("/v1/visits", {"site": service.site_key, "visit_id": IPV4, "path": AGENT}),
        ("/v1/visits", {"site": service.site_key, IPV6: AGENT}),
        ("/v1/consents", {"site": "nosuchsite12", "text_sha256": AGENT}),
        (f"/{IPV4}/{PATH}", {"agent": AGENT}),
    ):
        seen.add(service.post(path, body, **marked(IPV4))[0])
    seen.add(service.post("/v1/visits", {}, **marked(IPV4, Origin=f"https://{REFERRER}"))[0])
    seen.add(service.get(f"/preferences/{IPV4}?visitor={AGENT.split()[0]}", **marked(IPV6))[0])
    seen.add(service.get(f"/my-data/{service.site_key}?token={IPV4}", **marked(IPV6))[0])
    return seen


def fail(drive: Drive) -> int:
    """Makes the database refuse a decision in a way that nobody foresees."""
    if drive.database:
        change, back = (
            "ALTER TABLE consent_records RENAME TO away",
            "ALTER TABLE away RENAME TO consent_records",
        )
    else:
        change, back = (
            "CREATE TRIGGER forced BEFORE INSERT ON consent_records"
            " BEGIN SELECT RAISE(ABORT, 'forced'); END",
            "DROP TRIGGER forced",
        )
    _in_database(drive, change)
    status, _ = consent(drive.service, IPV4)
    _in_database(drive, back)
    return status


def _in_database(drive: Drive, statement: str) -> None:
    if drive.database:
        with psycopg.connect(drive.database) as server:
            server.execute(statement.encode())
        return
    with closing(sqlite3.connect(drive.service.home / "consent.db")) as file:
        file.execute(statement)


class Console:
    """A handler's browser in front of the real server."""

    def __init__(self, service: Service) -> None:
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._open = urllib.request.build_opener(jar).open
        self._service = service

    def send(self, path: str, **fields: str) -> bytes:
        """Fills in the form of a page and sends it."""
        url = self._service.url + path
        found = re.search(rb'name="csrf_token"[^>]*value="([^"]+)"', self._read(url))
        assert found is not None
        return self._read(url, urllib.parse.urlencode(fields | {"csrf_token": found[1].decode()}))

    def _read(self, url: str, body: str | None = None) -> bytes:
        headers = {"X-Forwarded-For": "198.51.100.9", "Referer": url}
        request = urllib.request.Request(url, body.encode() if body else None, headers)
        with self._open(request, timeout=30) as answer:
            content: bytes = answer.read()
            return content


def export(drive: Drive, target: Path, password: str) -> bytes:
    """Exports visits on the command line and from the console; returns what the browser got."""
    service = drive.service
    service.run_cli("visits", "export", "-o", str(target), "--reason", "R23")
    console = Console(service)
    console.send(SIGN_IN, email="nobody@shop.example", password=AGENT)  # in the wrong field
    console.send(SIGN_IN, email=EMAIL, password=password)
    console.send("/admin/visits", reason="R23")
    wanted = {"kind": "visits", "format": "csv", "masking": "unmasked"}
    return console.send("/admin/exports", **wanted, purpose="audit", reason="R23")


def add_handler(service: Service) -> str:
    """Adds an account; returns its password."""
    added = service.run_cli("operators", "add", EMAIL, "--role", "handler", "--json")
    return str(json.loads(added.stdout)["password"])


def test_an_address_and_a_device_lie_only_in_payloads_and_exports_and_after_the_day_nowhere(
    drive: Drive, tmp_path: Path
) -> None:
    service = drive.service
    service.add_site(ORIGIN)
    password = add_handler(service)
    service.start("--workers", "2" if drive.database else "1")
    file = tmp_path / "copies" / "visits.csv"
    file.parent.mkdir()

    assert {visit(service, address) for address in (IPV4, IPV6)} == {204}
    assert consent(service, IPV6)[0] == 201
    assert refuse(service) <= {400, 403, 404, 405, 422}
    assert fail(drive) == 500
    assert service.get(f"/embed/{service.site_key}.js", **marked(IPV4))[0] == 200
    downloaded = export(drive, file, password)
    assert 429 in {visit(service, IPV4) for _ in range(2 * 40 + 1)}  # more than both workers take
    drive.metrics = service.get("/metrics")[1]
    while_running = found_in_folders(drive.written)  # SQLite's journal is still there
    service.stop()  # the last spans and the rest of the journals are written

    for copy in (downloaded, file.read_bytes()):  # what is looked for is found where it is
        assert {f"{word!r} in copy" for word in (IPV4, IPV6, PATH)} <= set(found_in("copy", copy))
    assert (while_running, drive.found()) == ([], [])
    assert b'"status": 500' in service.log.read_bytes()
    assert b"Error" in service.log.read_bytes()
    assert drive.collector.spans()
    _check_that_statements_were_logged(drive)

    day = datetime.now(UTC) + G
    service.faketime = f"@{day.astimezone(service.zone):%Y-%m-%d %H:%M:%S}"
    service.run_cli("retention", "run")
    shutil.rmtree(file.parent)  # what its owner does
    left = json.loads(service.run_cli("retention", "check", "--json").stdout)

    assert (left["older"], service.export("visits")) == (0, [])
    assert drive.found(tmp_path) == []


def _check_that_statements_were_logged(drive: Drive) -> None:
    """Otherwise nothing would be proved: values of records stand in the server's own log."""
    if drive.cluster:
        log = b"".join(file.read_bytes() for file in (drive.cluster / "log").iterdir())
        assert b"INSERT INTO visits" in log
        assert b'"payload":' in log
        assert AGENT.encode() not in log
