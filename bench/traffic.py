"""What a page asks of the network, from Chromium itself; what its cache answers is no traffic."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import CDPSession


@dataclass(frozen=True)
class Asked:
    """One request. sent_bytes: its body's."""

    method: str
    url: str
    sent_bytes: int


class Traffic:
    """Lists the requests of the page that a DevTools session belongs to."""

    def __init__(self, session: CDPSession) -> None:
        self._asked: dict[str, Asked] = {}
        session.send("Network.enable")
        session.on("Network.requestWillBeSent", self._on_asked)
        session.on("Network.requestServedFromCache", self._on_cached)
        session.on("Network.responseReceived", self._on_answer)

    def take(self) -> list[Asked]:
        """Returns the requests since the last call."""
        taken = list(self._asked.values())
        self._asked = {}
        return taken

    def _on_asked(self, event: dict[str, Any]) -> None:
        asked = event["request"]
        if asked["url"].startswith("http"):
            parts = asked.get("postDataEntries", [])
            size = sum(len(base64.b64decode(part.get("bytes", ""))) for part in parts)
            self._asked[event["requestId"]] = Asked(asked["method"], asked["url"], size)

    def _on_cached(self, event: dict[str, Any]) -> None:
        self._asked.pop(event["requestId"], None)

    def _on_answer(self, event: dict[str, Any]) -> None:
        if event["response"].get("fromDiskCache"):
            self._on_cached(event)
