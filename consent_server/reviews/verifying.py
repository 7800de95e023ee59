"""Verifies the access log of a deployment: its chains, its reviews, and that both fit together.

What was destroyed on its day is no fault: its certificate names the digest of the last entry that
went (retention.whole_months), and the oldest entry that is left must continue that one.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Engine

from consent_server.audit.chain import Checker, Entry, Fault
from consent_server.audit.rules import CHAINS, Chain, chain_of
from consent_server.audit.services import each_entry
from consent_server.certificates.services import each_certificate
from consent_server.reviews.months import Month
from consent_server.reviews.rules import hash_entry
from consent_server.reviews.services import Reviewer
from consent_server.reviews.statement import Review, is_genuine, reference_of

CLASS_OF: Final[Mapping[Chain, str]] = {"acts": "access_log", "grants": "grant_history"}


@dataclass(slots=True)
class Verified:
    """What was looked at. unsigned: entries of before there were chains."""

    entries: int = 0
    unsigned: int = 0
    reviews: int = 0


@dataclass(slots=True)
class _Recount:
    """A review, and what of its month is there now."""

    review: Review
    hashes: dict[Chain, Any] = field(default_factory=dict)
    counts: Counter[Chain] = field(default_factory=Counter)
    later: int = 0  # entries of the month that came after it was looked at

    def add(self, entry: Entry) -> None:
        if entry.number > self.review.last_number:
            self.later += 1
            return
        chain = chain_of(entry.act)
        self.counts[chain] += 1
        hash_entry(self.hashes.setdefault(chain, hashlib.sha256()), entry)

    def is_as_reviewed(self, chain: Chain) -> bool:
        stated = self.review.acts_sha256 if chain == "acts" else self.review.grants_sha256
        return bool(self.hashes.get(chain, hashlib.sha256()).hexdigest() == stated)


def verify_log(reviewer: Reviewer, told: Verified) -> Iterator[Fault]:
    """Yields everything that is wrong; nothing when the log is as it was written and reviewed.

    told: is filled in on the way.
    """
    destroyed = _destroyed(reviewer.engine)
    checker = Checker(reviewer.key.public, destroyed.digests)
    recounts = [_Recount(review) for review in reviewer.reviews()]
    by_month: dict[Month, list[_Recount]] = {}
    for recount in recounts:
        by_month.setdefault(recount.review.of_month, []).append(recount)
    signed_off = set()
    for entry in each_entry(reviewer.engine):
        told.entries += 1
        yield from checker.faults_of(entry)
        for recount in by_month.get(Month.of(entry.at, reviewer.zone), ()):
            recount.add(entry)
        if entry.act == "log.review":
            signed_off.add(entry.reference)
    told.unsigned, told.reviews = checker.unsigned, len(recounts)
    yield from _reviews(recounts, reviewer.key.public, destroyed.months)
    yield from _lost(signed_off, recounts)


def _reviews(
    recounts: Sequence[_Recount], own_key: str, destroyed: Mapping[Chain, set[Month]]
) -> Iterator[Fault]:
    for recount in recounts:
        review = recount.review
        place = f"review {review.of_month} no. {review.number}"
        if not is_genuine(review):
            yield Fault(place, "forged", "it is not as it was signed")
        elif review.public_key != own_key:
            yield Fault(place, "foreign", "it was signed with another key than ours")
        for chain in CHAINS:
            is_gone = review.of_month in destroyed[chain] and not recount.counts[chain]
            if not recount.is_as_reviewed(chain) and not is_gone:
                what = "entries" if chain == "acts" else "entries about rights"
                yield Fault(place, "changed", f"{what} of this month are not those it was made of")
        if recount.later and recount is _newest(recounts, review):
            words = f"{recount.later} entries of this month came after it was reviewed"
            yield Fault(place, "added", words)


def _newest(recounts: Sequence[_Recount], review: Review) -> _Recount:
    of_month = [each for each in recounts if each.review.month == review.month]
    return max(of_month, key=lambda each: each.review.number)


def _lost(signed_off: set[str], recounts: Sequence[_Recount]) -> Iterator[Fault]:
    there = {reference_of(recount.review) for recount in recounts}
    for reference in sorted(signed_off - there):
        yield Fault(f"review {reference[:16]}", "missing", "the log names it, and it is not there")


@dataclass(frozen=True, slots=True)
class _Destroyed:
    """What certificates say to be gone: months of each chain, and the last digest of each."""

    months: Mapping[Chain, set[Month]]
    digests: Mapping[Chain, set[str]]


def _destroyed(engine: Engine) -> _Destroyed:
    chains = {name: chain for chain, name in CLASS_OF.items()}
    found = _Destroyed({chain: set() for chain in CHAINS}, {chain: set() for chain in CHAINS})
    for certificate in each_certificate(engine):
        if chain := chains.get(certificate.record_class):
            found.months[chain].add(Month(certificate.day))
            found.digests[chain].add(certificate.reference.rpartition(" ")[2])
    return found
