"""Reads a page of a site for a command: from a file, or by one request without cookies.

Only a shell may ask for a request: in the console it would let an operator reach what only this
machine can reach.
"""

from __future__ import annotations

import http.client
from pathlib import Path
from typing import Final
from urllib.error import URLError
from urllib.request import Request, urlopen

from consent_server.errors import CommandError
from consent_server.linting.evidence import CHARACTERS, Evidence, evidence_in

_TIMEOUT_SECONDS: Final = 10
_BYTES: Final = 4 * CHARACTERS  # the longest UTF-8


def read_page(where: str) -> Evidence:
    """Returns what a page tells. where: http(s) address, or a file with HTML or cookies.

    Raises CommandError when it cannot be read.
    """
    if where.startswith(("http://", "https://")):
        return _fetched(where)
    try:
        with Path(where).open("rb") as file:
            return evidence_in(file.read(_BYTES).decode(errors="replace"))
    except OSError as error:
        raise CommandError(f"{where}: {error.strerror or 'cannot be read'}") from error


def _fetched(address: str) -> Evidence:
    request = Request(address, headers={"User-Agent": "consent-server"})  # noqa: S310  # checked
    try:
        with urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310  # http(s) only
            cookies = answer.headers.get_all("Set-Cookie") or []
            return evidence_in(answer.read(_BYTES).decode(errors="replace"), cookies)
    except (URLError, OSError, http.client.HTTPException, ValueError) as error:
        raise CommandError(f"{address} cannot be read: {error}") from error
