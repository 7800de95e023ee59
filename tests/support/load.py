"""Visitors who do not give up: threads with kept connections that send decisions and visits.

Each remembers exactly what was acknowledged (201, 204). What was refused with 503, or got no answer
at all, is sent again with the same id, as the banner's queue does it. So afterwards three things
can be said of a database: all that was acknowledged is in it, once, and nothing that nobody sent.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Final

from support.service import Service

ORIGIN: Final = "https://shop.example"
_PATIENCE_SECONDS = 60.0
_PAUSE_SECONDS = 0.02  # before a record is sent again; the banner waits longer, this must be quick
_ANSWER_SECONDS = 30.0
_HEADERS = {"Content-Type": "text/plain", "Origin": ORIGIN, "User-Agent": "Mozilla/5.0 (X11)"}
_GOOD = {"/v1/consents": 201, "/v1/visits": 204}


class Load:
    """A context in which `visitors` threads send all the time, half decisions and half visits."""

    def __init__(
        self, service: Service, *, visitors: int = 8, paths: Sequence[str] = tuple(_GOOD)
    ) -> None:
        self.sent: dict[str, set[uuid.UUID]] = {path: set() for path in _GOOD}
        self.kept: dict[str, set[uuid.UUID]] = {path: set() for path in _GOOD}
        self.answers: Counter[int] = Counter()
        self.unexpected: list[tuple[int, str]] = []
        self.without_retry_after = 0
        self.slowest_seconds = 0.0
        self._port = service.port
        self._submission = submission_of(service)
        self._visit = {"site": service.site_key, "path": "/pricing"}
        self._changed = threading.Condition()
        self._is_over = threading.Event()
        self._threads = [
            threading.Thread(target=self._visitor, args=(paths[number % len(paths)],), daemon=True)
            for number in range(visitors)
        ]

    @property
    def consents(self) -> set[uuid.UUID]:
        """Ids of the decisions that were acknowledged."""
        return self.kept["/v1/consents"]

    @property
    def visits(self) -> set[uuid.UUID]:
        """Ids of the visits that were acknowledged."""
        return self.kept["/v1/visits"]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._is_over.set()
        for thread in self._threads:
            thread.join(_PATIENCE_SECONDS)

    def wait_for_kept(self, count: int) -> None:
        """Waits until that many more records are acknowledged; TimeoutError after a minute."""
        wanted = sum(map(len, self.kept.values())) + count
        self._wait(lambda: sum(map(len, self.kept.values())) >= wanted, f"{count} acknowledged")

    def wait_for_answers(self, status: int, count: int) -> None:
        """Waits for that many more answers of a status; TimeoutError after a minute."""
        wanted = self.answers[status] + count
        self._wait(lambda: self.answers[status] >= wanted, f"{count} answers {status}")

    def _wait(self, is_so: Any, what: str) -> None:
        with self._changed:
            if not self._changed.wait_for(is_so, _PATIENCE_SECONDS):
                raise TimeoutError(f"waited for {what}; got {self.answers}, {self.unexpected[:3]}")

    def _visitor(self, path: str) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_ANSWER_SECONDS)
        while not self._is_over.is_set():
            record_id = uuid.uuid4()
            self.sent[path].add(record_id)
            self._send(connection, path, record_id)
        connection.close()

    def _send(
        self, connection: http.client.HTTPConnection, path: str, record_id: uuid.UUID
    ) -> None:
        """Sends one record until it is acknowledged or the load is over."""
        body = json.dumps(self._body(path, record_id))
        while not self._post(connection, path, record_id, body):
            if self._is_over.wait(_PAUSE_SECONDS):
                return

    def _post(
        self, connection: http.client.HTTPConnection, path: str, record_id: uuid.UUID, body: str
    ) -> bool:
        started = time.monotonic()
        try:
            connection.request("POST", path, body, _HEADERS)
            response = connection.getresponse()
            text = response.read().decode()
        except (OSError, http.client.HTTPException):
            connection.close()  # the next request opens a new one
            status, text, retry_after = 0, "", "0"
        else:
            status, retry_after = response.status, response.headers["Retry-After"]
        is_kept = status == _GOOD[path]
        with self._changed:
            self.slowest_seconds = max(self.slowest_seconds, time.monotonic() - started)
            self.answers[status] += 1
            if is_kept:
                self.kept[path].add(record_id)
            elif status not in (0, 503):
                self.unexpected.append((status, text))
            elif not retry_after:
                self.without_retry_after += 1
            self._changed.notify_all()
        return is_kept

    def _body(self, path: str, record_id: uuid.UUID) -> dict[str, Any]:
        if path == "/v1/visits":
            return self._visit | {"visit_id": str(record_id)}
        return self._submission | {"submission_id": str(record_id)}


def submission_of(service: Service, **changes: Any) -> dict[str, Any]:
    """Returns a valid refusal of everything, made of what the banner is told, with changes."""
    text = service.get(f"/embed/{service.site_key}/texts.js?lang=en")[1].decode()
    told = json.loads(text.removeprefix("ConsentBanner.join(null,")[:-3])
    body = {
        "site": service.site_key,
        "submission_id": str(uuid.uuid4()),
        "visitor": None,
        "policy_version": told["version"],
        "language": "en",
        "text_sha256": told["sha256"],
        "action": "refuse_all",
        "decisions": dict.fromkeys(told["purposes"], False),
        "services": {},
        "layer": "notice",
        "trusted": True,
        "gpc": False,
    }
    return body | changes
