"""What is kept of an address on the web: the path without its query, the origin of a referrer."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

_PATH_CHARACTERS = 500
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def bare_path(path: str) -> str:
    """Returns a path without query and fragment: they carry names, searches and tokens.

    Control characters stand in it as in an address (%00): not every reader of an export bears them.
    """
    bare = path.split("?", 1)[0].split("#", 1)[0]
    if not bare.startswith("/"):
        bare = _path_of(bare)
    return _CONTROLS.sub(lambda found: quote(found[0]), bare[:_PATH_CHARACTERS])


def referrer_origin(referrer: str | None) -> str:
    """Returns scheme and host of a referrer, or "" when it is none of http(s)."""
    try:
        parts = urlsplit((referrer or "").strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not host:
        return ""
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + (f":{port}" if port else "")


def _path_of(address: str) -> str:
    try:
        return urlsplit(address).path or "/"
    except ValueError:
        return "/"
