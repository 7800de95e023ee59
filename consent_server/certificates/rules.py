"""What a certificate states, its canonical bytes, and how an auditor checks a chain of them.

Canonical bytes are JSON as RFC 8785 writes it (sorted keys, no spaces, UTF-8) of everything but
digest and signature; the digest is their SHA-256, the signature Ed25519 (RFC 8032) over them. Each
certificate names the digest of the one before, so none can be changed, taken out or moved. Source:
PIPA decree art. 16 and the standard guidelines on the ledger of destruction. Never holds anything
about a visitor: a class, a day, counts by site.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any, Final, Literal

from consent_server.signing import is_signed

Reason = Literal["period_over", "withdrawal", "hold_ended", "found_again"]
Method = Literal["key_and_rows", "key_and_partition", "rows"]

FIRST: Final = "0" * 64  # what stands for the digest before the first certificate


@dataclass(frozen=True, slots=True, kw_only=True)
class DestroyedRecords:
    """What was destroyed, as a certificate states it.

    records: how many rows. sites: how many of each site, by site id (may be empty). started_at,
    ended_at: aware. executor: who or what did it, never a visitor. reference: what makes this
    destruction one; a certificate with the same reference is issued only once.
    """

    record_class: str
    day: date
    records: int
    sites: Mapping[str, int]
    reason: Reason
    method: Method
    started_at: datetime
    ended_at: datetime
    executor: str
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A numbered, chained and signed statement. public_key and signature in hexadecimal digits."""

    number: int
    record_class: str
    day: date
    records: int
    sites: Mapping[str, int]
    reason: str
    method: str
    started_at: datetime
    ended_at: datetime
    executor: str
    reference: str
    previous: str
    public_key: str
    digest: str = ""
    signature: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at a place of the chain. fault: a word for programs; words: for people."""

    number: int
    fault: Literal["changed", "forged", "missing", "moved", "foreign"]
    words: str


def canonical(certificate: Certificate) -> bytes:
    """Returns the bytes that are digested and signed."""
    stated = as_stated(certificate)
    del stated["digest"], stated["signature"]
    return json.dumps(stated, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest_of(certificate: Certificate) -> str:
    """Returns the SHA-256 of the canonical bytes."""
    return hashlib.sha256(canonical(certificate)).hexdigest()


def as_stated(certificate: Certificate) -> dict[str, Any]:
    """Returns a certificate as it stands in files: days and instants in ISO 8601, UTC with Z."""
    stated = asdict(certificate)
    stated["sites"] = dict(certificate.sites)
    stated["day"] = certificate.day.isoformat()
    for name in ("started_at", "ended_at"):
        instant = stated[name].astimezone(UTC)
        stated[name] = instant.isoformat(timespec="microseconds").replace("+00:00", "Z")
    return stated


def from_stated(stated: Mapping[str, Any]) -> Certificate:
    """Returns a certificate as a file states it. Raises TypeError or ValueError when it is none."""
    instants = {name: datetime.fromisoformat(stated[name]) for name in ("started_at", "ended_at")}
    if any(instant.tzinfo is None for instant in instants.values()):
        raise ValueError("an instant without a zone")
    return Certificate(**{**stated, "day": date.fromisoformat(stated["day"]), **instants})


def faults_of(
    certificates: Iterable[Certificate], *, own_key: str = "", after: tuple[int, str] = (0, FIRST)
) -> Iterator[Fault]:
    """Yields what is wrong with a chain, in its order; nothing when every byte is as issued.

    own_key: the public key of this deployment; others are told of. after: number and digest of the
    certificate before the first.
    """
    number, digest = after
    for each in certificates:
        yield from _faults_of_place(each, number, digest)
        if digest_of(each) != each.digest:
            yield Fault(each.number, "changed", "its digest does not fit what it states")
        if not is_signed(each.public_key, canonical(each), each.signature):
            yield Fault(each.number, "forged", "its signature does not fit what it states")
        if own_key and each.public_key != own_key:
            yield Fault(each.number, "foreign", "it was signed with another key than ours")
        number, digest = each.number, each.digest


def _faults_of_place(each: Certificate, number: int, digest: str) -> Iterator[Fault]:
    if each.number <= number:
        yield Fault(each.number, "moved", f"it stands after number {number}")
    elif each.number > number + 1:
        yield Fault(number + 1, "missing", f"number {number} is followed by {each.number}")
    elif each.previous != digest:
        yield Fault(each.number, "changed", "it does not continue the certificate before")


def confirmed_bytes(number: int, digest: str, operator: str, at: datetime) -> bytes:
    """Returns what the signature over a confirmation covers."""
    stated = {
        "certificate": number,
        "digest": digest,
        "operator": operator,
        "at": at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
    }
    return json.dumps(stated, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
