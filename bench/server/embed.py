"""`GET /embed/SITE_KEY.js`, warm: whole and as 304, beside a Flask hello on the same server."""

from __future__ import annotations

import urllib.request
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from bench.server.children import Server, told
from bench.server.contenders import Contender, measure_all, over_http
from bench.server.effort import Effort
from bench.server.loadgen import Outcome, Shot, VoidRunError
from bench.server.peers import others
from bench.server.service import Service

METHOD: Final = (
    "Ours and a Flask application that says hello, each with one worker and the same server"
    " settings on SQLite, asked by wrk over 64 kept-alive connections with 593 user agents; the"
    " script as brotli, then with If-None-Match. Statements are counted inside the application over"
    " {requests} warm requests."
)
_CONNECTIONS: Final = 64
_COUNTED_REQUESTS: Final = 300
_WORDS: Final = {"Accept-Encoding": "gzip, deflate, br, zstd", "Accept-Language": "en-US,en;q=0.9"}


def measure(folder: Path, effort: Effort) -> dict[str, Any]:
    """Returns the section as it is stored."""
    service = Service(folder, "ours", CONSENT_RETENTION_INTERVAL_SECONDS="3600")
    path = f"/embed/{service.notice.site_key}.js"
    with ExitStack() as stack:
        ours = stack.enter_context(service.serving(workers=1))
        hello = stack.enter_context(others.hello(service, workers=1))
        tag, size = _script(ours, path)
        known = {**_WORDS, "If-None-Match": tag}
        whole = Shot(path, "GET", _WORDS)
        unchanged = Shot(path, "GET", known)
        found = measure_all(
            [
                _sized("embed", ours, whole, size, size + _HEADERS_AT_MOST),
                _sized("embed-304", ours, unchanged, 1, _HEADERS_AT_MOST),
                over_http("hello", hello.url, [others.HELLO_GET], _CONNECTIONS),
            ],
            effort,
        )
    words = ("statements", "--path", path, "--requests", str(_COUNTED_REQUESTS))
    return {
        "method": METHOD.format(requests=_COUNTED_REQUESTS),
        "script_bytes": size,
        "measures": found | told("inside", *words, environ=service.environ),
    }


_HEADERS_AT_MOST: Final = 1500  # bytes


def _sized(name: str, server: Server, shot: Shot, least: int, most: int) -> Contender:
    """Returns a contender whose answers must have this many bytes each: a 304 has no body."""
    plain = over_http(name, server.url, [shot], _CONNECTIONS)

    def ask(seconds: float) -> Outcome:
        outcome = plain.ask(seconds)
        each = outcome.bytes / outcome.requests
        if not least <= each <= most:
            raise VoidRunError(f"answers of {each:.0f} bytes, {least} to {most} expected")
        return outcome

    return Contender(name, _CONNECTIONS, ask)


def _script(server: Server, path: str) -> tuple[str, int]:
    """Returns the script's ETag and its bytes on the wire."""
    request = urllib.request.Request(server.url + path, headers=_WORDS)
    with urllib.request.urlopen(request, timeout=20) as answer:
        return answer.headers["ETag"], len(answer.read())
