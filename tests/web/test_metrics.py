"""`/metrics`: everything is counted, nothing about a visitor, and only for those who run it."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from werkzeug.test import TestResponse

from consent_server import clock
from consent_server.jobs.scheduler import Scheduler
from consent_server.web import checks
from support.apps import MakeApp
from support.shop import IPHONE, Shop

Ask = Callable[..., TestResponse]
TOKEN = "Vq3nT8wKz1LxR5cY"
ADDRESS = "203.0.113.77"


def counts(client: FlaskClient) -> dict[str, float]:
    """Returns every sample of /metrics by name and labels."""
    page = client.get("/metrics")
    assert page.status_code == 200
    return {
        sample.name + str(dict(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(page.text)
        for sample in family.samples
    }


def count(client: FlaskClient, name: str, **labels: str) -> float:
    return counts(client)[name + str(dict(sorted(labels.items())))]


def test_requests_are_counted_by_route_method_and_class_of_status(shop: Shop) -> None:
    client = shop.app.test_client()
    shop.send_consent(shop.submission(), buffered=True)
    shop.send_consent(b"{}", buffered=True)
    client.get(f"/embed/{shop.key}.js", buffered=True)

    found = counts(client)

    for route, method, status in (
        ("/v1/consents", "POST", "2xx"),
        ("/v1/consents", "POST", "4xx"),
        ("/embed/<site_key>.js", "GET", "2xx"),
    ):
        labels = {"method": method, "route": route, "status": status}
        assert found[f"consent_requests_total{labels}"] == 1
    assert found[f"consent_request_seconds_count{ {'route': '/v1/consents'} }"] == 2


def test_acknowledged_records_batches_and_commits_are_counted(shop: Shop) -> None:
    shop.send_consent(shop.submission())
    shop.send_visit(shop.visit())
    shop.send_visit(shop.visit())

    client = shop.app.test_client()

    assert count(client, "consent_acknowledged_total", table="consent_records") == 1
    assert count(client, "consent_acknowledged_total", table="visits") == 2
    assert count(client, "consent_batch_rows_sum") == 3
    assert count(client, "consent_commit_seconds_count") == 3
    assert count(client, "consent_queue_records") == 0
    assert count(client, "consent_queue_limit_records") == 10_000
    assert count(client, "consent_scripts_kept") == 0


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_records_that_the_database_turns_away_are_counted(shop: Shop) -> None:
    path = shop.house.settings.home / "consent.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as lock:
        lock.execute("BEGIN IMMEDIATE")
        refused = shop.send_consent(shop.submission())
        lock.execute("ROLLBACK")

    assert refused.status_code == 503
    assert count(shop.app.test_client(), "consent_refused_total", reason="database_away") == 1


def test_too_many_requests_are_counted_whoever_says_so(app: Flask) -> None:
    @app.get("/busy")
    def busy() -> tuple[str, int]:
        return "later", 429

    client = app.test_client()
    client.get("/busy", buffered=True)

    assert count(client, "consent_refused_total", reason="rate_limited") == 1


def test_late_destruction_shows_until_a_job_has_run(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, house = shop.app.test_client(), shop.house
    shop.send_visit(shop.visit())
    on_time = count(client, "consent_destruction_lag_seconds")
    later = clock.now() + timedelta(days=100)
    monkeypatch.setattr(clock, "now", lambda: later)
    with shop.app.app_context():
        gone_at = house.retention.forecast()[0].gone_at

    a_minute_later(monkeypatch, 1)
    late = count(client, "consent_destruction_lag_seconds")
    Scheduler(
        shop.app, house.settings, house.retention, house.upkeep, house.metrics
    ).destroy_expired()
    a_minute_later(monkeypatch, 2)
    after = counts(client)

    assert on_time == 0
    assert late == (later - gone_at).total_seconds()
    assert after["consent_destruction_lag_seconds{}"] == 0
    assert after["consent_destroyed_total{'kind': 'visit'}"] == 1
    assert after["consent_destroyed_total{'kind': 'key'}"] == 1
    assert after["consent_lease_holder{}"] == 1
    last_run = after["consent_destruction_last_success_timestamp_seconds{}"]
    assert last_run == later.timestamp()


def a_minute_later(monkeypatch: pytest.MonkeyPatch, minutes: int) -> None:
    """Lets the last look of the checks be an old one."""
    passed = SimpleNamespace(monotonic=lambda: time.monotonic() + 60 * minutes)
    monkeypatch.setattr(checks, "time", passed)


def test_no_series_names_a_visitor_a_site_or_a_path_that_was_asked_for(shop: Shop) -> None:
    client = shop.app.test_client()
    shop.send_visit(shop.visit(path="/secret-path"), environ_base={"REMOTE_ADDR": ADDRESS})
    client.get(f"/policies/{shop.key}", headers={"User-Agent": IPHONE}, buffered=True)
    client.open("/nowhere-at-all", method="BREW", buffered=True)

    page = client.get("/metrics").text

    for secret in (ADDRESS, "iPhone", "secret-path", shop.key, "nowhere-at-all", "BREW"):
        assert secret not in page
    assert 'route="(none)"' in page
    assert 'method="other"' in page


def test_the_number_of_series_does_not_grow_with_what_is_asked_for(app: Flask) -> None:
    client = app.test_client()
    client.get("/nowhere", buffered=True)
    before = len(counts(client))

    for number in range(50):
        client.get(f"/nowhere/{number}", buffered=True)
        client.open(f"/embed/site{number}.js", method=f"VERB{number}", buffered=True)

    assert len(counts(client)) <= before + 20


def test_memory_and_descriptors_of_the_process_are_shown(app: Flask) -> None:
    page = app.test_client().get("/metrics").text

    assert re.search(r'consent_process_resident_memory_bytes\{pid="\d+"\} [1-9]', page)
    assert re.search(r'consent_process_open_fds\{pid="\d+"\} [1-9]', page)


LOCAL: dict[str, Any] = {"REMOTE_ADDR": "127.0.0.1"}
PRIVATE: dict[str, Any] = {"REMOTE_ADDR": "10.1.2.3"}
PUBLIC: dict[str, Any] = {"REMOTE_ADDR": "93.184.216.34"}
FORWARDED = {"HTTP_X_FORWARDED_FOR": "93.184.216.34"}
BEARER = {"HTTP_AUTHORIZATION": f"Bearer {TOKEN}"}
HTTPS = {"public_url": "https://consent.example"}

READERS = [
    pytest.param({}, LOCAL, 200, id="this machine"),
    pytest.param({}, PRIVATE, 200, id="private network"),
    pytest.param({}, PUBLIC, 403, id="the world"),
    pytest.param({}, LOCAL | FORWARDED, 403, id="a proxy that nobody declared says so"),
    pytest.param(HTTPS, LOCAL, 403, id="perhaps a silent proxy that nobody declared"),
    pytest.param(HTTPS | {"trusted_proxies": 1}, LOCAL, 200, id="past the declared proxy"),
    pytest.param(HTTPS | {"trusted_proxies": 1}, LOCAL | FORWARDED, 403, id="through the proxy"),
    pytest.param({"metrics": "on"}, PUBLIC, 200, id="opened on purpose"),
    pytest.param({"metrics": "off"}, LOCAL, 404, id="closed"),
    pytest.param(
        {"metrics": "off", "metrics_token": TOKEN}, LOCAL | BEARER, 404, id="closed to all"
    ),
    pytest.param({"metrics_token": TOKEN}, LOCAL, 401, id="no token"),
    pytest.param({"metrics_token": TOKEN}, PUBLIC | FORWARDED | BEARER, 200, id="the token"),
    pytest.param({"metrics_token": TOKEN + "x"}, PUBLIC | BEARER, 401, id="another token"),
]


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("settings_", "reader", "status"), READERS)
def test_only_those_who_run_the_service_read_its_counts(
    make_app: MakeApp, settings_: dict[str, Any], reader: dict[str, Any], status: int
) -> None:
    answer = make_app(**settings_).test_client().get("/metrics", environ_overrides=reader)

    assert answer.status_code == status
    assert (answer.mimetype == "application/problem+json") == (status != 200)
