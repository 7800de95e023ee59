"""Traces: sent to a real collector when there is one, without visitors, and free when not."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest

from consent_server.jobs.scheduler import Scheduler
from consent_server.watching.otlp import OtlpTraces
from support.collector import Collector
from support.shop import IPHONE, MakeShop, Shop

ADDRESS = "203.0.113.77"
CALLER = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = {"traceparent": f"00-{CALLER}-00f067aa0ba902b7-01"}


def sent(shop: Shop) -> None:
    traces = shop.house.traces
    assert isinstance(traces, OtlpTraces)
    traces.flush()


pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)


def test_a_request_is_a_span_with_its_wait_for_the_commit_inside(
    make_shop: MakeShop, collector: Collector
) -> None:
    shop = make_shop(otlp_endpoint=collector.url)
    shop.send_visit(shop.visit(), buffered=True)
    sent(shop)

    spans = {span.name: span for span in collector.spans()}
    request, commit = spans["POST /v1/visits"], spans["commit"]

    assert commit.parent_span_id == request.span_id
    assert commit.trace_id == request.trace_id
    assert request.start_time_unix_nano <= commit.start_time_unix_nano
    assert commit.end_time_unix_nano <= request.end_time_unix_nano
    assert {a.key: a.value.string_value or a.value.int_value for a in request.attributes} == {
        "http.request.method": "POST",
        "http.route": "/v1/visits",
        "http.response.status_code": 204,
    }
    assert set(collector.paths) == {"/v1/traces"}


def test_a_run_of_the_jobs_is_a_trace_of_its_own(make_shop: MakeShop, collector: Collector) -> None:
    shop = make_shop(otlp_endpoint=collector.url)
    house = shop.house
    Scheduler(
        shop.app, house.settings, house.retention, house.upkeep, house.metrics
    ).destroy_expired()
    sent(shop)

    (run,) = [span for span in collector.spans() if span.name == "destruction"]
    assert run.parent_span_id == b""


def test_no_span_tells_of_a_visitor(make_shop: MakeShop, collector: Collector) -> None:
    shop = make_shop(otlp_endpoint=collector.url, trusted_proxies=1)
    headers = {"X-Forwarded-For": ADDRESS}
    token = shop.send_consent(shop.submission()).get_json()["token"]
    shop.send_visit(shop.visit(path="/secret", visitor=token), headers=headers, buffered=True)
    shop.send_visit(shop.visit(path="/secret", visitor="forged"), headers=headers, buffered=True)
    shop.app.test_client().get(f"/preferences/{shop.key}?visitor={token}", buffered=True)
    shop.app.test_client().get("/secret/page", headers={"User-Agent": IPHONE}, buffered=True)
    sent(shop)

    everything = b"".join(collector.bodies)
    assert len(collector.spans()) >= 5
    for secret in (ADDRESS, "secret", "iPhone", token, shop.key):
        assert secret.encode() not in everything


@pytest.mark.parametrize(("trusted_proxies", "is_heeded"), [(0, False), (1, True)])
def test_the_trace_of_a_caller_is_heeded_only_behind_trusted_proxies(
    make_shop: MakeShop, collector: Collector, trusted_proxies: int, is_heeded: bool
) -> None:
    shop = make_shop(otlp_endpoint=collector.url, trusted_proxies=trusted_proxies)
    shop.app.test_client().get("/healthz", headers=TRACEPARENT, buffered=True)
    sent(shop)

    (span,) = collector.spans()
    assert (span.trace_id.hex() == CALLER) == is_heeded


def test_a_failure_marks_its_span_without_saying_what_was_in_hand(
    make_shop: MakeShop, collector: Collector
) -> None:
    shop = make_shop(otlp_endpoint=collector.url)

    @shop.app.get("/fail")
    def fail() -> str:
        raise ValueError("secret")

    shop.app.test_client().get("/fail", buffered=True)
    sent(shop)

    (span,) = collector.spans()
    assert span.status.code == 2
    assert b"secret" not in b"".join(collector.bodies)


def test_without_an_endpoint_nothing_of_opentelemetry_is_imported(
    shop: Shop, tmp_path: Any
) -> None:
    program = (
        "import sys; from consent_server.app import create_app; create_app();"
        "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    environ = {"PATH": os.environ["PATH"], "CONSENT_HOME": str(shop.house.settings.home)}

    done = subprocess.run(
        [sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"
