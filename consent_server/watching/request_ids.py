"""One id per request: in the answer, in a problem, in every log line about it.

A proxy of ours may have given it (`X-Request-ID`); from anybody else it is a wish to write into
our log and is ignored. Letters, digits, hyphen and underscore only: no address fits into that.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from consent_server.entropy import random_bytes

HEADER: Final = "X-Request-ID"
_WELL_FORMED: Final = re.compile(r"[0-9A-Za-z_-]{8,64}")


def id_of(environ: Mapping[str, Any], trusted_proxies: int) -> str:
    """Returns the id of a request: a trusted proxy's if well-formed, else a new one."""
    given = environ.get("HTTP_X_REQUEST_ID")
    if given and trusted_proxies and _WELL_FORMED.fullmatch(given):
        return str(given)
    return random_bytes(8).hex()
