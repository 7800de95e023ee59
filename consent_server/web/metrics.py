"""`/metrics`: counts for Prometheus, for those who run the service and not for the world.

Who is who cannot be told by the peer alone: behind a proxy every peer is the proxy. A program of
this machine or of the private network is believed to be one only if its request went past no
proxy: nothing was forwarded, and proxies are either declared (CONSENT_TRUSTED_PROXIES; they add
X-Forwarded-For) or cannot be there, because the public address is this very machine.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from flask import Blueprint, Request, Response, abort, request
from prometheus_client.core import GaugeMetricFamily, Metric

from consent_server.config import Settings
from consent_server.errors import NotFound
from consent_server.watching.exposition import MEDIA_TYPE, exposition
from consent_server.watching.metrics import Metrics
from consent_server.web.checks import STATUSES, Checks
from consent_server.web.client_address import normal_address
from consent_server.web.guard import guarded_by

_FORWARDED: Final = ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via", "X-Forwarded-Host")
_OWN_NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def blueprint(
    settings: Settings, metrics: Metrics, checks: Checks, opens: Callable[[str], bool]
) -> Blueprint:
    """Returns the route for Prometheus. opens: whether an Authorization header does."""
    routes = Blueprint("metrics", __name__)

    @routes.get("/metrics")
    @guarded_by("public")
    def show_metrics() -> Response:
        _let_in(request, settings, opens)
        body = exposition(metrics, lambda: _looked_up(checks))
        return Response(body, content_type=MEDIA_TYPE, headers={"Cache-Control": "no-store"})

    return routes


def _let_in(request: Request, settings: Settings, opens: Callable[[str], bool]) -> None:
    """Raises NotFound when there are no metrics, 401 or 403 when they are not for this reader."""
    if settings.metrics == "off":
        raise NotFound("There is nothing here.")
    sent = request.headers.get("Authorization", "").encode()
    if sent.startswith(b"Bearer cst_") and opens(sent.decode()):
        return
    if settings.metrics_token:
        if not hmac.compare_digest(sent, f"Bearer {settings.metrics_token}".encode()):
            abort(401, "Send CONSENT_METRICS_TOKEN as `Authorization: Bearer`.")
    elif settings.metrics == "local" and not is_local(request, settings):
        abort(403, "The metrics are not for everyone; see CONSENT_METRICS in the manual.")


def is_local(request: Request, settings: Settings) -> bool:
    """Whether a request comes from this machine or its private network, past no proxy."""
    if any(name in request.headers for name in _FORWARDED):
        return False
    has_no_proxy = (urlsplit(settings.public_url).hostname or "") in _OWN_NAMES
    peer = normal_address(request.environ.get("REMOTE_ADDR", ""))
    is_near = bool(peer) and (ip_address(peer).is_loopback or ip_address(peer).is_private)
    return is_near and (settings.trusted_proxies > 0 or has_no_proxy)


def _looked_up(checks: Checks) -> Iterator[Metric]:
    report = checks.report()
    status = GaugeMetricFamily(
        "consent_check_status", "0 ok, 1 degraded, 2 failed; as /readyz says.", labels=["check"]
    )
    for name, check in report.checks.items():
        status.add_metric([name], STATUSES.index(check.status))
    free = GaugeMetricFamily(
        "consent_disk_free_bytes", "Room where databases and keys lie.", labels=["place"]
    )
    for place, count in report.free_bytes.items():
        free.add_metric([place], count)
    late = GaugeMetricFamily(
        "consent_day_lag_seconds",
        "How late the oldest day is of which this was not done: counting, archiving; 0: none is.",
        labels=["work"],
    )
    for work, seconds in report.delays_seconds.items():
        late.add_metric([work], seconds)
    yield from (status, free, late)
    if report.lag_seconds is not None:
        yield GaugeMetricFamily(
            "consent_destruction_lag_seconds",
            "By how much the oldest record or key that should be gone is late; 0: none is.",
            value=report.lag_seconds,
        )
    if report.overdue_exports is not None:
        yield GaugeMetricFamily(
            "consent_exports_overdue",
            "Exported copies past their last day that nobody has said to be destroyed.",
            value=report.overdue_exports,
        )
    if report.failing_schedules is not None:
        yield GaugeMetricFamily(
            "consent_scheduled_exports_failing",
            "Scheduled exports of which the last one has failed so far.",
            value=report.failing_schedules,
        )
    if report.overdue_reviews is not None:
        yield GaugeMetricFamily(
            "consent_log_reviews_overdue",
            "Months of the access log past the day of their review that nobody has signed.",
            value=report.overdue_reviews,
        )
