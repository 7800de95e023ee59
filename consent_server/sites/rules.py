"""What may stand in the facts of a site: its key, its origins (RFC 6454), its modes. Pure."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from consent_server.errors import N_, CommandError

_KEY_CHARACTERS = "abcdefghijkmnpqrstuvwxyz23456789"  # none that look alike
_KEY_LENGTH = 12  # 60 bits: not to be guessed, short enough for the cookie
_DEFAULT_PORTS = {"http": 80, "https": 443}

_NO_ORIGIN: Final = N_("%(text)r is not an origin like https://shop.example (no path).")
_PURPOSE: Final = re.compile(r"[a-z][a-z0-9_-]{0,39}")  # as in a notice (policies.schemas)

VISIT_BASES: Final = ("legal_duty", "legitimate_interest", "consent", "off")
ADDRESS_MODES: Final = ("full", "truncated", "keyed_hash", "none")
DEVICE_MODES: Final = ("parsed", "user_agent")


def new_site_key() -> str:
    """Returns a random public key, 12 characters."""
    return "".join(secrets.choice(_KEY_CHARACTERS) for _ in range(_KEY_LENGTH))


def purpose_key(text: str) -> str:
    """Returns the key of a purpose. Raises CommandError when no purpose can have it."""
    if not _PURPOSE.fullmatch(text):
        raise CommandError(N_("%(text)r is no key of a purpose, such as analytics."), text=text)
    return text


def one_of(what: str, chosen: str, choices: Sequence[str]) -> str:
    """Returns what was chosen. Raises CommandError when it is none of the choices."""
    if chosen not in choices:
        raise CommandError(
            N_("%(chosen)r is no %(what)s; use one of %(choices)s."),
            chosen=chosen,
            what=what,
            choices=", ".join(choices),
        )
    return chosen


def normal_origin(text: str) -> str:
    """Returns an origin as browsers send it: lower case, no path, default port left out.

    Raises CommandError when the text is not an http(s) origin.
    """
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError as error:
        raise CommandError(_NO_ORIGIN, text=text) from error
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or parts.path not in ("", "/"):
        raise CommandError(_NO_ORIGIN, text=text)
    if parts.query or parts.fragment or parts.username:
        raise CommandError(N_("%(text)r has more than scheme, host and port."), text=text)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else _ascii_host(parts.hostname)
    is_default = port is None or port == _DEFAULT_PORTS[parts.scheme]
    return f"{parts.scheme}://{host}" if is_default else f"{parts.scheme}://{host}:{port}"


def _ascii_host(host: str) -> str:
    try:
        return host.encode("ascii").decode() if host.isascii() else host.encode("idna").decode()
    except UnicodeError as error:
        raise CommandError(N_("%(host)r is not a host name."), host=host) from error
