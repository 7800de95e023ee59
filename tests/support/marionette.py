"""Lets Selenium drive a Firefox directly: its commands over Marionette, Firefox's own socket.

Geckodriver, which usually stands between the two, is in no package registry. Marionette has the
same commands under other names (docs: "Marionette protocol", firefox-source-docs.mozilla.org): a
message is its length, a colon and JSON; a command is [0, id, name, parameters] and is answered
by [1, id, error, result].
"""

from __future__ import annotations

import itertools
import json
import socket
from typing import Any

from selenium.webdriver.remote.command import Command

_PATIENCE_SECONDS = 30
_NAMES = {
    Command.NEW_SESSION: "NewSession",
    Command.QUIT: "DeleteSession",
    Command.GET: "Navigate",
    Command.GET_CURRENT_URL: "GetCurrentURL",
    Command.FIND_ELEMENT: "FindElement",
    Command.FIND_ELEMENTS: "FindElements",
    Command.CLICK_ELEMENT: "ElementClick",
    Command.GET_ELEMENT_TEXT: "GetElementText",
    Command.W3C_EXECUTE_SCRIPT: "ExecuteScript",
    Command.W3C_EXECUTE_SCRIPT_ASYNC: "ExecuteAsyncScript",
    Command.W3C_ACTIONS: "PerformActions",
    Command.W3C_CLEAR_ACTIONS: "ReleaseActions",
    Command.GET_ALL_COOKIES: "GetCookies",
    Command.DELETE_ALL_COOKIES: "DeleteAllCookies",
    Command.SET_WINDOW_RECT: "SetWindowRect",
    Command.SCREENSHOT: "TakeScreenshot",
}


class MarionetteConnection:
    """What Selenium calls a command executor. port: where Firefox listens on this machine."""

    def __init__(self, port: int) -> None:
        self._numbers = itertools.count(1)
        self._socket = socket.create_connection(("127.0.0.1", port), _PATIENCE_SECONDS)
        self._stream = self._socket.makefile("rb")
        self._receive()  # Firefox says first who it is

    def execute(self, command: str, params: dict[str, Any]) -> dict[str, Any]:
        """Sends one command; returns its answer in the form that Selenium reads."""
        ours = {} if command == Command.NEW_SESSION else params  # the session is as Firefox is
        sent = {name: value for name, value in ours.items() if name != "sessionId"}
        self._send([0, next(self._numbers), f"WebDriver:{_NAMES[command]}", sent])
        _, _, error, result = self._receive()
        if error:
            return {"status": error["error"], "value": error}
        if isinstance(result, dict) and "value" in result:
            result = result["value"]
        return {"value": result}

    def close(self) -> None:
        """Ends the conversation, not the browser."""
        self._stream.close()
        self._socket.close()

    def _send(self, message: object) -> None:
        body = json.dumps(message).encode()
        self._socket.sendall(b"%d:%s" % (len(body), body))

    def _receive(self) -> Any:
        digits = b""
        while (digit := self._stream.read(1)) != b":":
            if not digit:
                raise ConnectionError("Firefox hung up")
            digits += digit
        return json.loads(self._stream.read(int(digits)))
