"""The address of the client, believed only as far as our own proxies vouch for it.

`X-Forwarded-For` is a list to which each proxy appends the peer it saw, so only the last
CONSENT_TRUSTED_PROXIES entries were written by machines of ours; anything further left is the
client's own claim and is ignored. Every written form of an address (port, brackets, zone, IPv4
mapped into IPv6) becomes one canonical form (RFC 5952).
"""

from __future__ import annotations

import re
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

UNKNOWN = ""

_WITH_PORT = re.compile(r"^(?:\[(?P<six>[^\]]+)\]|(?P<four>[0-9.]+))(?::\d{1,5})?$")
_LONGEST_FORM = 100  # characters; the longest real one, with zone and port, has about 70


def client_address(environ: WSGIEnvironment, trusted_proxies: int) -> str:
    """Returns the canonical client address of a request (PEP 3333), "" when none can be trusted.

    trusted_proxies: how many proxies of ours stand in front.
    """
    peer = normal_address(environ.get("REMOTE_ADDR", ""))
    if trusted_proxies == 0:
        return peer
    forwarded = environ.get("HTTP_X_FORWARDED_FOR", "")
    hops = forwarded.split(",") if forwarded else []
    if len(hops) < trusted_proxies:
        return peer  # fewer entries than proxies: someone came past them
    return normal_address(hops[-trusted_proxies])


def normal_address(text: str) -> str:
    """Returns the canonical text of an IP address in any common form, or "" if it is none."""
    text = text.strip().strip('"')
    if len(text) > _LONGEST_FORM:
        return UNKNOWN
    match = _WITH_PORT.match(text)
    bare = (match["six"] or match["four"]) if match else text
    try:
        address = ip_address(bare.split("%")[0])
    except ValueError:
        return UNKNOWN
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return str(address)
