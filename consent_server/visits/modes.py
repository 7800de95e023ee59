"""How much of address and device a visit keeps, by the modes of its site (sites.rules). Pure.

What is kept is encrypted all the same; a mode below `full` is for controllers who need less
(PIPA art. 3(1), 16; GDPR art. 5(1)(c)). Less is kept everywhere at once: the hash by which visits
of an address are found is one of what is kept, else whoever holds the day's key could try all
addresses until the whole one fits.

`keyed_hash` tells visits of one day from the same address apart from others, and dies with the
day's key. `truncated` keeps 24 bits of IPv4 and 48 of IPv6; of an IPv6 address that carries an IPv4
one in front (6to4, RFC 3056) no more than those 24.
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address
from typing import Final

HASHED: Final = "keyed:"  # before the digits of a hash that stands in an address's place
USER_AGENT_CHARACTERS: Final = 512  # real ones have 80 to 300
_IPV4_BITS: Final = 24
_IPV6_BITS: Final = 48
_6TO4: Final = IPv6Network("2002::/16")
_6TO4_BITS: Final = 16 + _IPV4_BITS


def truncated(address: str) -> str:
    """Returns the network of a canonical address, "" of none."""
    if not address:
        return ""
    parsed = ip_address(address)
    if isinstance(parsed, IPv4Address):
        return str(IPv4Network((parsed, _IPV4_BITS), strict=False).network_address)
    bits = _6TO4_BITS if parsed in _6TO4 else _IPV6_BITS
    return str(IPv6Network((parsed, bits), strict=False).network_address)


def kept_address(
    mode: str, address: str, hash_of: Callable[[str], bytes]
) -> tuple[str, bytes | None]:
    """Returns what stands for an address in the payload, and the hash by which it is found.

    address: canonical, "" if unknown. hash_of: keyed hash under the key of the visit's day.
    """
    kept = truncated(address) if mode == "truncated" else address
    if not kept or mode == "none":
        return "", None
    found_by = hash_of(kept)
    return (f"{HASHED}{found_by.hex()}" if mode == "keyed_hash" else kept), found_by


def tells_country(mode: str) -> bool:
    """Whether what a mode keeps of an address tells the country, so that it may stand beside."""
    return mode in ("full", "truncated")


def searched_address(mode: str, address: str) -> str:
    """Returns of which text an address's hash was made, "" where none was."""
    if mode == "none":
        return ""
    return truncated(address) if mode == "truncated" else address
