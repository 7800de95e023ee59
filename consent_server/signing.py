"""Signatures: visitor tokens and receipt seals, made with itsdangerous; those of certificates.

A token proves that a browser is the one that holds a visitor id on one site (a token of another
site does not verify, because the site is part of the key derivation). Tokens are made from stored
facts only, so the same record always yields the same token. 128 bits of HMAC-SHA-256 keep the
cookie under 150 bytes (NIST SP 800-107 allows truncation to this length).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from functools import lru_cache
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from itsdangerous import BadSignature, Signer
from itsdangerous.signer import SigningAlgorithm

from consent_server.errors import TokenRefused

_KEPT_SIGNERS = 1024  # sites; a derived key is 32 bytes
_TAG_BYTES = 18  # 144 bits: whole base64 characters, so no bit of a token is loose


class _TruncatedHmac(SigningAlgorithm):
    """HMAC-SHA-256 cut to 144 bits.

    A started HMAC is copied for each signature: `hmac.digest` gives up the interpreter's lock, for
    which all request threads queue, however short the text.
    """

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        started = _started(key).copy()
        started.update(value)
        return started.digest()[:_TAG_BYTES]


@lru_cache(_KEPT_SIGNERS)
def _started(key: bytes) -> hmac.HMAC:
    return hmac.new(key, digestmod=hashlib.sha256)


class _Signer(Signer):
    """Derives its key once: the library would do so for every signature, at ten times the cost."""

    def __init__(self, secret: str, salt: str) -> None:
        super().__init__(
            secret,
            salt=f"consent-server:{salt}",
            digest_method=hashlib.sha256,
            key_derivation="hmac",
            algorithm=_TruncatedHmac(),
        )
        self._derived = super().derive_key()

    def derive_key(self, secret_key: str | bytes | None = None) -> bytes:
        """Returns the key of this salt; there is only one secret to derive it from."""
        return self._derived


class Signatures:
    """Signs and checks with one secret; each use has a salt of its own."""

    def __init__(self, secret: str) -> None:
        self._visitors = lru_cache(_KEPT_SIGNERS)(lambda site: _Signer(secret, f"visitor:{site}"))
        self._receipts = _Signer(secret, "receipt")
        self._exports = _Signer(secret, "export")

    def visitor_token(self, site_key: str, visitor_id: UUID, issued_at: datetime) -> str:
        """Returns the token of a visitor on a site: id, issue time and signature, 54 characters."""
        seconds = int(issued_at.timestamp())
        value = f"{_base64(visitor_id.bytes)}.{_base36(seconds)}"
        return self._visitors(site_key).sign(value).decode()

    def visitor_id(self, site_key: str, token: str) -> UUID:
        """Returns the visitor whom a token names.

        Raises TokenRefused when it is malformed, forged or of another site.
        """
        try:
            value = self._visitors(site_key).unsign(token).decode()
            return UUID(bytes=base64.urlsafe_b64decode(value.split(".")[0] + "=="))
        except (BadSignature, ValueError, UnicodeError) as error:
            raise TokenRefused(
                "The visitor token was not issued by this service for this site; "
                "send the submission again with visitor null to get a new one.",
                field="visitor",
            ) from error

    def export_link(self, reference: str, until: datetime) -> str:
        """Returns what stands in the link to an exported file, which holds before an instant."""
        return self._exports.sign(f"{reference}.{_base36(int(until.timestamp()))}").decode()

    def export_of_link(self, link: str, now: datetime) -> str:
        """Returns the export that a link names. Raises TokenRefused: forged, or no longer good."""
        try:
            reference, until = self._exports.unsign(link).decode().rsplit(".", 1)
            is_over = int(until, 36) <= now.timestamp()
        except (BadSignature, ValueError, UnicodeError) as error:
            raise TokenRefused("This link was not made by this service.") from error
        if is_over:
            raise TokenRefused("This link is no longer good.")
        return reference

    def seal(self, canonical: bytes) -> str:
        """Returns the signature over the canonical bytes of a receipt, 24 characters."""
        key = self._receipts.derive_key()
        return _base64(self._receipts.algorithm.get_signature(key, canonical))

    def is_sealed(self, canonical: bytes, signature: str) -> bool:
        """Tells whether `signature` is the seal of these bytes."""
        return hmac.compare_digest(self.seal(canonical), signature)


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[rest] + digits
    return digits or "0"


def issued_at(token: str) -> datetime:
    """Returns when a (verified) token was issued, aware UTC."""
    return datetime.fromtimestamp(int(token.split(".")[1], 36), UTC)


class CertificateKey:
    """Signs certificates with Ed25519 (RFC 8032), so that an auditor needs no secret to verify.

    The private key is derived from the service's secret by HKDF (RFC 5869): nothing else has to be
    kept, and a new secret means a new key from then on.
    """

    def __init__(self, secret: str) -> None:
        seed = HKDF(SHA256(), 32, None, b"consent-server:certificate").derive(secret.encode())
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self._private.public_key().public_bytes_raw().hex()

    def sign(self, canonical: bytes) -> str:
        """Returns the signature over some bytes, 128 hexadecimal digits."""
        return self._private.sign(canonical).hex()


def is_signed(public_key: str, canonical: bytes, signature: str) -> bool:
    """Tells whether a signature over these bytes was made with the key that belongs to this one."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        key.verify(bytes.fromhex(signature), canonical)
    except (InvalidSignature, ValueError):
        return False
    return True
