"""The receipt: what was decided, in the terms of ISO/IEC TS 27560, sealed by this service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from consent_server.signing import Signatures

SCHEMA_VERSION = "consent-server/1"


def receipt(
    record: Mapping[str, Any], controller: str, contact: str, seal: Signatures
) -> dict[str, Any]:
    """Returns the signed receipt of a stored record, with times in RFC 3339.

    The same record always has the same receipt. `signature` seals the canonical JSON (sorted
    keys, no spaces) of all other members.
    """
    body = {
        "schema_version": SCHEMA_VERSION,
        "record_id": str(record["consent_id"]),
        "pii_principal_id": str(record["visitor_id"]),
        "pii_controller": {"name": controller, "contact": contact},
        "notice": {
            "version": record["policy_version"],
            "language": record["language"],
            "sha256": record["text_sha256"],
        },
        "event": {
            "type": record["action"],
            "time": rfc3339(record["recorded_at"]),
            "valid_until": rfc3339(record["valid_until"]),
        },
        "purposes": record["decisions"],
        "services": record["services"],
        "record_sha256": record["digest"],
    }
    signature = seal.seal(msgspec.json.encode(body, order="sorted"))
    return {**body, "signature": signature}


def is_genuine(document: Mapping[str, Any], seal: Signatures) -> bool:
    """Tells whether this service made the receipt and nobody changed it since."""
    body = {name: value for name, value in document.items() if name != "signature"}
    signature = str(document.get("signature", ""))
    try:
        canonical = msgspec.json.encode(body, order="sorted")
    except RecursionError:
        return False  # nested deeper than any of ours
    return signature.isascii() and seal.is_sealed(canonical, signature)


def rfc3339(instant: Any) -> str:
    """Returns an aware UTC instant with milliseconds and Z."""
    return str(instant.isoformat(timespec="milliseconds")).replace("+00:00", "Z")
