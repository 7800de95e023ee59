"""The traces of a process that has a collector; imported only then (watching.traces).

A caller's `traceparent` is heeded only behind trusted proxies: anybody else could make us record
what he likes, or tie visitors together under one trace. Failures are not recorded as events, for
their messages may quote what was sent.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import AbstractContextManager
from multiprocessing.util import Finalize  # a worker of the server runs these at its end, no atexit
from typing import Any, Final

from opentelemetry import context, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span as LibrarySpan
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from consent_server.config import Settings
from consent_server.watching.traces import Span

_EXPORT_SECONDS: Final = 5.0
_LAST_EXPORT_SECONDS: Final = 2.0  # at the end of a worker; the library itself waits unbounded
_PROPAGATOR: Final = TraceContextTextMapPropagator()


class OtlpTraces:
    """Sends spans in batches, in a thread of the library, to the collector of the settings."""

    def __init__(self, settings: Settings) -> None:
        endpoint = settings.otlp_endpoint.rstrip("/") + "/v1/traces"
        self._provider = TracerProvider(
            resource=Resource.create({"service.name": "consent-server"}), shutdown_on_exit=False
        )
        exporter = OTLPSpanExporter(endpoint=endpoint, timeout=_EXPORT_SECONDS)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("consent_server")
        self._trusts_callers = settings.trusted_proxies > 0
        Finalize(None, self._say_goodbye, exitpriority=0)

    def begin(self, environ: Mapping[str, Any]) -> Span | None:
        """Begins the span of a request in this thread."""
        carrier = {"traceparent": environ.get("HTTP_TRACEPARENT", "")}
        caller = _PROPAGATOR.extract(carrier if self._trusts_callers else {}, context.Context())
        return _RequestSpan(
            self._tracer.start_span("request", context=caller, kind=SpanKind.SERVER)
        )

    def step(self, name: str) -> AbstractContextManager[object]:
        """Traces what is done inside."""
        return self._tracer.start_as_current_span(
            name, record_exception=False, set_status_on_exception=False
        )

    def flush(self) -> None:
        """Sends what waits to be sent."""
        self._provider.force_flush()

    def _say_goodbye(self) -> None:
        last = threading.Thread(target=self.flush, name="last traces", daemon=True)
        last.start()
        last.join(_LAST_EXPORT_SECONDS)


class _RequestSpan:
    def __init__(self, span: LibrarySpan) -> None:
        self._span = span
        self._thread = threading.get_ident()
        self._token = context.attach(trace.set_span_in_context(span))

    def end(self, method: str, route: str, status: int) -> None:
        if threading.get_ident() == self._thread:  # a body may be sent by another one
            context.detach(self._token)
        self._span.update_name(f"{method} {route}")
        self._span.set_attribute("http.request.method", method)
        self._span.set_attribute("http.route", route)
        self._span.set_attribute("http.response.status_code", status)
        if status >= 500:
            self._span.set_status(Status(StatusCode.ERROR))
        self._span.end()
