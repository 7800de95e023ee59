"""What of one visit is counted: a handful of values, and who it was for the length of one day.

Who it was is a keyed hash under the key of the day: of the visitor if the page knew one, else of
address and device. So visitors of one day are told apart, those of two days cannot be linked, and
after the key's destruction nobody can find anyone.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import lru_cache
from hashlib import blake2b
from typing import Final

from consent_server.keys.ring import KeyRing
from consent_server.statistics.rules import DIMENSIONS, clean
from consent_server.visits.schemas import Payload

_PURPOSE: Final = "statistics"
_HASH_BYTES: Final = 8  # among a million visitors two meet with a chance of 1 to 36 million
_CACHED_VALUES: Final = 4096

CountryOf = Callable[[str], str]


def hasher(ring: KeyRing, day: date) -> Callable[[str], int] | None:
    """Returns what turns a text into its keyed hash of the day; None when the key is gone.

    One subkey per run, and not the ring for each value: a day has ten million of them.
    """
    subkey = ring.keyed_hash_or_none(day, _PURPOSE, b"")
    if subkey is None:
        return None

    @lru_cache(maxsize=_CACHED_VALUES)
    def hash_of(text: str) -> int:
        digest = blake2b(text.encode("utf-8", "replace"), digest_size=_HASH_BYTES, key=subkey)
        return int.from_bytes(digest.digest(), "big", signed=True)

    return hash_of


def values_of(payload: Payload, device_class: str, country_of: CountryOf) -> tuple[str, ...]:
    """Returns the values of a visit in the order of DIMENSIONS; "" where unknown."""
    found = {
        "path": clean(payload.path),
        "referrer": clean(payload.referrer),
        "browser": clean(payload.browser),
        "system": clean(payload.system),
        "country": country_of(payload.ip),
        "device": device_class,
    }
    return tuple(found[dimension] for dimension in DIMENSIONS)


def visitor_of(payload: Payload) -> str:
    """Returns who it was as well as can be said: visits that agree in this are of one visitor."""
    if payload.visitor:
        return payload.visitor
    return "\n".join(
        (
            payload.ip,
            payload.browser,
            payload.browser_version,
            payload.system,
            payload.system_version,
            payload.device,
            payload.user_agent,
        )
    )
