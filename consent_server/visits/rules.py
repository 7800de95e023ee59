"""What is kept of an address on the web: the path without its query, the origin of a referrer."""

from __future__ import annotations

from urllib.parse import urlsplit

_PATH_CHARACTERS = 500


def bare_path(path: str) -> str:
    """Returns a path without query and fragment: they carry names, searches and tokens."""
    bare = path.split("?", 1)[0].split("#", 1)[0]
    if not bare.startswith("/"):
        bare = _path_of(bare)
    return bare[:_PATH_CHARACTERS]


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
