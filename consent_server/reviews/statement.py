"""What a review states, its canonical bytes, and what its signature proves. Pure.

Canonical bytes are JSON as RFC 8785 writes it of everything but digest and signature; Ed25519 over
them, as with certificates. The hashes of the month are part of it: an entry that is changed later
no longer fits what was reviewed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from consent_server.audit.chain import as_written
from consent_server.reviews.months import Month
from consent_server.reviews.rules import MonthSeen
from consent_server.signing import is_signed


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A signed review of one month. number: 1, then additions. month: its first day.

    acts, grants: entries of each chain, with the hash of each. own_acts: of them, the reviewer's
    own. last_number: row number of the last entry that it covers.
    """

    month: date
    number: int
    reviewer: str
    at: datetime
    finding: str
    acts: int
    grants: int
    own_acts: int
    last_number: int
    acts_sha256: str
    grants_sha256: str
    summary: Mapping[str, Any]
    public_key: str
    digest: str = ""
    signature: str = ""

    @property
    def of_month(self) -> Month:
        """The month that was looked at."""
        return Month(self.month)


def as_stated(review: Review) -> dict[str, Any]:
    """Returns a review as it stands in files."""
    stated = asdict(review)
    stated["month"] = str(review.of_month)
    stated["at"] = as_written(review.at)
    stated["summary"] = dict(review.summary)
    return stated


def canonical(review: Review) -> bytes:
    """Returns the bytes that are digested and signed."""
    stated = as_stated(review)
    del stated["digest"], stated["signature"]
    return json.dumps(stated, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest_of(review: Review) -> str:
    """Returns the SHA-256 of the canonical bytes."""
    return hashlib.sha256(canonical(review)).hexdigest()


def is_genuine(review: Review) -> bool:
    """Whether a review is as it was signed, by whichever key it names."""
    if digest_of(review) != review.digest:
        return False
    return is_signed(review.public_key, canonical(review), review.signature)


def is_destroyed(review: Review, seen: MonthSeen) -> bool:
    """Whether the entries that it was made of are gone; `verify` says if on their day."""
    return review.acts > 0 and not seen.counts["acts"]


def still_fits(review: Review, seen: MonthSeen) -> bool:
    """Whether what is there of a month is what was reviewed."""
    if is_destroyed(review, seen):
        return seen.sha256("grants") == review.grants_sha256 or not seen.counts["grants"]
    hashes = seen.sha256("acts"), seen.sha256("grants")
    return hashes == (review.acts_sha256, review.grants_sha256)


def reference_of(review: Review) -> str:
    """Returns how the access log names a review."""
    return f"{review.of_month} no. {review.number} {review.digest}"
