"""Seals counts that are held back: whoever reads the database, or a copy of it, learns nothing.

AES-256-GCM under a key derived from the service's secret (HKDF, RFC 5869), bound to the row. Not
under the key of a day, as visits are: nobody shall be kept from deciding, and no count from going
on, because a key ring is away; and sites that keep no visits have no such keys.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from consent_server.entropy import random_bytes
from consent_server.statistics.circumstance_rules import Amount, Cell, Cells

_NONCE_BYTES: Final = 12
_decoder = msgspec.json.Decoder(list[tuple[str, str, str, str, int, int]])


class CountSeal:
    """Seals and opens the counts of one row."""

    def __init__(self, secret: str) -> None:
        key = HKDF(SHA256(), 32, None, b"consent-server:held-counts").derive(secret.encode())
        self._cipher = AESGCM(key)

    def close(self, row_id: UUID, cells: Cells) -> bytes:
        """Returns counts as bytes that only this service reads, and only as those of this row."""
        plain = msgspec.json.encode([(*cell, *amount) for cell, amount in cells.items()])
        nonce = random_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, row_id.bytes)

    def open(self, row_id: UUID, sealed: bytes) -> dict[Cell, Amount] | None:
        """Returns the counts; None when they were sealed with another secret, or were changed."""
        try:
            plain = self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], row_id.bytes)
            rows = _decoder.decode(plain)
        except (InvalidTag, ValueError, msgspec.DecodeError):
            return None
        return {Cell(*row[:4]): Amount(*row[4:]) for row in rows}
