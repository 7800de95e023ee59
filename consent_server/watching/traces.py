"""Traces for OpenTelemetry (https://opentelemetry.io/docs/specs/otlp/), if an endpoint is set.

One span per request, named after its route; inside it the wait for the commit; one trace per
run of the jobs. Nothing of OpenTelemetry is imported while no endpoint is set, and a span holds no
address, no user agent and no path with ids.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from importlib.util import find_spec
from typing import Any, Protocol

from consent_server.config import Settings
from consent_server.errors import ConfigError


class Span(Protocol):
    """A request that is being traced."""

    def end(self, method: str, route: str, status: int) -> None:
        """Ends the span; only now is the route known."""


class Traces(Protocol):
    """Makes spans."""

    def begin(self, environ: Mapping[str, Any]) -> Span | None:
        """Begins the span of a request in this thread; None: nobody traces."""

    def step(self, name: str) -> AbstractContextManager[object]:
        """Traces what is done inside, as part of the request in hand if there is one."""


class _NoTraces:
    def begin(self, environ: Mapping[str, Any]) -> Span | None:
        return None

    def step(self, name: str) -> AbstractContextManager[object]:
        return _NOTHING


_NOTHING = nullcontext()
NO_TRACES: Traces = _NoTraces()


def check_packages(settings: Settings) -> None:
    """Raises ConfigError when traces are wanted and their packages are missing."""
    if settings.otlp_endpoint and find_spec("opentelemetry") is None:
        raise ConfigError(
            "CONSENT_OTLP_ENDPOINT needs more packages: pip install 'consent-server[otel]'."
        )


def traces_of(settings: Settings) -> Traces:
    """Returns what traces this process; to be called in the process that serves, after any fork.

    Raises ConfigError when the packages are missing.
    """
    if not settings.otlp_endpoint:
        return NO_TRACES
    check_packages(settings)
    from consent_server.watching.otlp import OtlpTraces

    traces: Traces = OtlpTraces(settings)
    return traces
