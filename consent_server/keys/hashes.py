"""Keyed hashes: what lets equal values of one day be found, for as long as the day's key lives.

Each purpose has a subkey of its own (HKDF-SHA256, RFC 5869, `info` = purpose), so a hash made to
search by address is a stranger to one made to count visitors. Held is the started HMAC (RFC 2104),
not the subkey: OpenSSL wipes it when the last reference goes.
"""

from __future__ import annotations

from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

HASH_BYTES: Final = 16  # 128 bits: two values of one day never meet by chance
_SUBKEY_BYTES: Final = 32


def started(key: bytearray, purpose: str) -> HMAC:
    """Returns a hash that only lacks its value; `key` is the key of a day and stays the caller's.

    No salt: the key is random already (RFC 5869, section 3.3), so extraction may be left out.
    """
    subkey = bytearray(_SUBKEY_BYTES)
    try:
        HKDFExpand(SHA256(), _SUBKEY_BYTES, b"keyed hash|" + purpose.encode()).derive_into(
            key, subkey
        )
        return HMAC(subkey, SHA256())
    finally:
        subkey[:] = bytes(_SUBKEY_BYTES)


def finished(start: HMAC, value: bytes) -> bytes:
    """Returns the HASH_BYTES bytes of a value; `start` may be used again."""
    hash_ = start.copy()
    hash_.update(value)
    return hash_.finalize()[:HASH_BYTES]
