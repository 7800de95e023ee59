"""The outermost layer of the application: every request is counted, named, and logged if it failed.

It stands in front of Flask and of whatever else stands in front of Flask, so nothing that answers
is missed. Who answers says which route it was (`environ[ROUTE]`, a template of ours, never the path
that was asked for) and finds the request's id in `environ[REQUEST_ID]`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

import msgspec
from flask import Flask, request

from consent_server.config import Settings
from consent_server.watching.logs import request_in_hand
from consent_server.watching.metrics import Metrics
from consent_server.watching.request_ids import HEADER, id_of
from consent_server.watching.traces import NO_TRACES, Traces

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ROUTE: Final = "consent.route"
REQUEST_ID: Final = "consent.request_id"
NO_ROUTE: Final = "(none)"  # nothing of ours lies at that address

_log = logging.getLogger(__name__)
_BROKEN: Final = {"type": "about:blank", "title": "Internal Server Error", "status": 500}


class BrokenAnswerError(RuntimeError):
    """An answer broke off after its first bytes; the log says why, and the connection ends."""


def init_app(app: Flask) -> None:
    """Lets Flask say which of its routes answers, and log a failure without the path."""

    @app.before_request
    def name_route() -> None:
        if request.url_rule is not None:
            request.environ[ROUTE] = request.url_rule.rule

    def log_exception(exc_info: Any) -> None:
        _log.error("a view failed", exc_info=exc_info, extra={"route": _route(request.environ)})

    app.log_exception = log_exception  # type: ignore[method-assign]  # Flask's own logs the path


class Observed:
    """WSGI in, WSGI out."""

    def __init__(
        self,
        app: WSGIApplication,
        settings: Settings,
        metrics: Metrics,
        traces: Traces = NO_TRACES,
    ) -> None:
        self._app = app
        self._trusted_proxies = settings.trusted_proxies
        self._slow_seconds = settings.slow_seconds
        self._logs_all = settings.access_log
        self._answered = metrics.answered
        self._begin = traces.begin

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        began = perf_counter()
        request_id = environ[REQUEST_ID] = id_of(environ, self._trusted_proxies)
        request_in_hand.set(request_id)
        span = self._begin(environ)
        status = 500

        def start(line: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            nonlocal status
            status = int(line[:3])
            return start_response(line, [*headers, (HEADER, request_id)], exc_info)

        def finish() -> None:
            seconds = perf_counter() - began
            method, route = environ["REQUEST_METHOD"], _route(environ)
            self._answered(method, route, status, seconds)
            if span is not None:
                span.end(method, route, status)
            if self._logs_all or status >= 500 or seconds >= self._slow_seconds:
                _log_request(method, route, status, seconds, self._slow_seconds)
            request_in_hand.set("")

        try:
            body = self._app(environ, start)
        except Exception:  # noqa: BLE001 - the last place where it can become an answer
            _log.error("a request failed", exc_info=True, extra={"route": _route(environ)})
            body = _broken(start, request_id)
        if isinstance(body, (list, tuple)):
            finish()
            return body
        return _Sent(body, finish)


class _Sent:
    """A body on its way; `finish` is called once, when the last byte left or nobody wants more."""

    def __init__(self, body: Iterable[bytes], finish: Callable[[], None]) -> None:
        self._body = body
        self._next = iter(body).__next__
        self._finish = finish

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            return self._next()
        except StopIteration:
            self._end()
            raise
        except Exception:  # noqa: BLE001 - told here, where it may be told; see watching.failures
            _log.error("an answer broke off", exc_info=True)
        raise BrokenAnswerError

    def close(self) -> None:
        try:
            if close := getattr(self._body, "close", None):
                close()
        finally:
            self._end()

    def _end(self) -> None:
        finish, self._finish = self._finish, _nothing
        finish()


def _nothing() -> None:
    return None


def _route(environ: WSGIEnvironment) -> str:
    return str(environ.get(ROUTE, NO_ROUTE))


def _log_request(method: str, route: str, status: int, seconds: float, slow: float) -> None:
    level, what = logging.INFO, "request"
    if status >= 500:
        level, what = logging.WARNING, "request refused" if status == 503 else "request failed"
    elif seconds >= slow:
        level, what = logging.WARNING, "slow request"
    facts = {"method": method, "route": route, "status": status, "ms": round(seconds * 1000, 1)}
    _log.log(level, what, extra=facts)


def _broken(start: Callable[..., Any], request_id: str) -> list[bytes]:
    body = msgspec.json.encode(_BROKEN | {"request_id": request_id})
    headers = [("Content-Type", "application/problem+json"), ("Content-Length", str(len(body)))]
    start("500 Internal Server Error", headers)
    return [body]
