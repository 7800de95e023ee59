"""An authenticator app, as an operator's phone runs it (RFC 6238)."""

from __future__ import annotations

import re
import time
from html import unescape

from passlib.totp import TOTP
from werkzeug.test import TestResponse

from support.console import Console

SET_UP = "/admin/second-factor"
CODE = "/admin/sign-in/code"
_STEP_SECONDS = 30
_KEY = re.compile(r'<code class="key">([^<]+)</code>')
_RECOVERY = re.compile(r"<li><code>([^<]+)</code></li>")


class Authenticator:
    """Knows the key that a page showed, and its codes of now and of the next step."""

    def __init__(self, page: str) -> None:
        found = _KEY.search(page)
        assert found, "no key on the page"
        self._totp = TOTP(key=unescape(found[1]))
        self._steps = 0

    def code(self) -> str:
        """Returns a code that was not shown before; at most two within half a minute."""
        self._steps += 1
        moment = time.time() + _STEP_SECONDS * (self._steps - 1)
        return str(self._totp.generate(time=int(moment)).token)


def begin_set_up(console: Console) -> Authenticator:
    """Asks for the QR code, and scans it."""
    return Authenticator(console.send(SET_UP, form=SET_UP, setup="authenticator").text)


def enrol(console: Console) -> Authenticator:
    """Sets up the second factor that the first sign-in asks for."""
    assert console.sign_in().location.endswith(SET_UP)
    app = begin_set_up(console)
    answer = console.client.post(CODE, data={"code": app.code(), "csrf_token": token_of(console)})
    assert answer.status_code == 302, answer.text
    return app


def send_code(console: Console, code: str, path: str = CODE) -> TestResponse:
    """Sends a code at sign-in."""
    return console.client.post(path, data={"code": code, "csrf_token": console.token(path)})


def make_recovery_codes(console: Console) -> list[str]:
    """Lets the service make recovery codes and keeps them."""
    page = console.send("/admin/recovery-codes", form="/admin/recovery-codes")
    return _RECOVERY.findall(page.text)


def token_of(console: Console) -> str:
    """Returns the token of the forms of someone who is half signed in."""
    return console.token(SET_UP)
