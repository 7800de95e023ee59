"""What an export shows of a visit by default: neither the address, nor the person, nor the browser.

Of an address its network remains (24 bits of IPv4, 48 of IPv6), of ids a hash under a key that is
made for one export and kept nowhere. So visits of one person can still be told from those of
another within a file, and nobody can find the person, nor the same one in another file (GDPR
art. 4(5), PIPA art. 2 no. 1-2). The user agent is left out; its parsed parts stay.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Iterator
from uuid import UUID

from msgspec.structs import replace

from consent_server.visits.modes import HASHED, truncated
from consent_server.visits.services import VisitView

_KEY_BYTES = 32
_HASH_BYTES = 16


def masked(visits: Iterable[VisitView]) -> Iterator[VisitView]:
    """Yields visits masked, numbered from 1, their ids hashed alike throughout this one call."""
    key = secrets.token_bytes(_KEY_BYTES)

    def hashed(value: bytes) -> bytes:
        return hashlib.blake2b(value, digest_size=_HASH_BYTES, key=key).digest()

    for number, visit in enumerate(visits, 1):
        if visit.ip.startswith(HASHED):
            address = HASHED + hashed(visit.ip.encode()).hex()
        else:
            address = truncated(visit.ip)
        yield replace(
            visit,
            id=number,
            visit_id=UUID(bytes=hashed(visit.visit_id.bytes)),
            ip=address,
            visitor=hashed(visit.visitor.encode()).hex() if visit.visitor else "",
            user_agent="",
        )
