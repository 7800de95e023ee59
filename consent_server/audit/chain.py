"""How an entry of the access log is signed, and how a chain of them is checked. Pure.

Canonical bytes are JSON as RFC 8785 writes it of everything but row number and signature; the
signature is Ed25519 over them. Each entry states the digest (SHA-256 of those bytes) of the one
before in its chain, so none can be changed, put in, or taken out of the middle. There are two
chains, as there are two periods: rights given to operators outlive the rest. Source: Safety
Standard for personal data art. 8(3), which asks that the log be kept from forgery and loss.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Final, Literal

from consent_server.audit.rules import Chain, chain_of
from consent_server.signing import is_signed

FIRST: Final = "0" * 64  # what stands for the digest before the first entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One act as it stands in the log. number: of the row, which the signature does not cover.

    previous, signed_with, signature: hexadecimal digits; "" in entries of before there were chains.
    """

    number: int = 0
    at: datetime
    operator: str
    act: str
    site_id: int | None
    record_count: int | None
    reason: str
    reference: str
    source: str
    previous: str
    signed_with: str
    signature: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at an entry (or a month). fault: a word for programs; words: for people."""

    place: str
    fault: Literal["changed", "forged", "missing", "unsigned", "foreign", "added"]
    words: str


@dataclass(slots=True)
class Checker:
    """Checks entries one after the other, by row number.

    own_key: public key of this deployment. destroyed: digests that an entry may continue although
    it is not there: the last ones of what was destroyed, by certificate.
    """

    own_key: str
    destroyed: Mapping[Chain, Collection[str]] = field(default_factory=dict)
    unsigned: int = 0  # entries of before there were chains, which nothing covers
    foreign: int = 0
    _last: dict[Chain, str] = field(default_factory=dict)

    def faults_of(self, entry: Entry) -> Iterator[Fault]:
        """Yields what is wrong with the next entry."""
        chain, place = chain_of(entry.act), f"entry {entry.number}"
        if not entry.signature:
            self.unsigned += 1
            if chain in self._last:
                yield Fault(place, "unsigned", "it is not signed, and entries before it are")
            return
        yield from self._fault_of_place(entry, chain, place)
        if not is_signed(entry.signed_with, canonical(entry), entry.signature):
            yield Fault(place, "forged", "its signature does not fit what it states")
        elif entry.signed_with != self.own_key:
            self.foreign += 1
            yield Fault(place, "foreign", "it was signed with another key than ours")
        self._last[chain] = digest_of(entry)

    def _fault_of_place(self, entry: Entry, chain: Chain, place: str) -> Iterator[Fault]:
        if entry.previous in self.destroyed.get(chain, ()):
            return
        last = self._last.get(chain)
        if last is None and entry.previous != FIRST:
            yield Fault(place, "missing", "entries before it are gone, and no certificate says why")
        elif last is not None and entry.previous != last:
            yield Fault(place, "missing", "it does not continue the entry before")


def faults_within(entries: Iterable[Entry], own_key: str) -> Iterator[Fault]:
    """Yields what is wrong with a part of the log, whatever stands before it."""
    starts: dict[Chain, tuple[str, ...]] = {}
    checker = Checker(own_key, starts)
    for entry in entries:
        starts.setdefault(chain_of(entry.act), (entry.previous,))
        yield from checker.faults_of(entry)


def canonical(entry: Entry) -> bytes:
    """Returns the bytes that are digested and signed."""
    stated = asdict(entry)
    del stated["number"], stated["signature"]
    stated["at"] = as_written(entry.at)
    return json.dumps(stated, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest_of(entry: Entry) -> str:
    """Returns the SHA-256 of the canonical bytes."""
    return hashlib.sha256(canonical(entry)).hexdigest()


def as_written(instant: datetime) -> str:
    """Returns an instant as signed statements have it: ISO 8601, UTC with Z."""
    utc = instant.astimezone(UTC)
    return utc.isoformat(timespec="microseconds").replace("+00:00", "Z")
