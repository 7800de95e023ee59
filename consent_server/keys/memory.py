"""Keys in memory: in buffers that are wiped, under a master key that never leaves one.

Python copies what is immutable, so no key is ever in `bytes`: it is drawn, wrapped and unwrapped in
place. What OpenSSL copies for a cipher it wipes itself, when the cipher goes.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from consent_server.errors import KeyDestroyed
from consent_server.keys.store import KEY_BYTES

_NONCE_BYTES: Final = 12
_RANDOM: Final = "/dev/urandom"


@contextmanager
def wiped() -> Iterator[bytearray]:
    """Lends a buffer for one key, and wipes it afterwards whatever happens."""
    key = bytearray(KEY_BYTES)
    try:
        yield key
    finally:
        key[:] = bytes(KEY_BYTES)


def draw_into(key: bytearray) -> None:
    """Fills a buffer with random bytes of the system, without a copy in Python."""
    os.urandom(1)  # waits until the system has gathered enough, which the file does not (PEP 524)
    descriptor = os.open(_RANDOM, os.O_RDONLY)
    try:
        if os.readv(descriptor, [key]) != len(key):
            raise OSError(f"{_RANDOM} gave too few bytes")
    finally:
        os.close(descriptor)


def wrap(master: bytearray, text: str, key: bytearray) -> bytes:
    """Returns a key sealed by a master key, bound to the text of its name."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(master).encrypt(nonce, key, text.encode())


def unwrap_into(key: bytearray, master: bytearray, text: str, wrapped: bytes) -> None:
    """Fills `key`. Raises KeyDestroyed when the wrapping is damaged or of another master key."""
    nonce, sealed = wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:]
    try:
        AESGCM(master).decrypt_into(nonce, sealed, text.encode(), key)
    except (InvalidTag, ValueError) as error:  # overwritten or cut short
        raise KeyDestroyed(f"The key of {text} does not fit the master key.") from error
