"""What a month of the access log comes to: counts by operator, and what stands out. Pure.

A mark is a reason to look, never a verdict: the reviewer says what was behind it. What is signed
holds account names and counts, no address and no visitor: it is kept for longer than the entries.
Source: Safety Standard for personal data art. 8(2) (check the log at least once a month, and the
reason of each download).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from consent_server.audit.chain import Entry, canonical
from consent_server.audit.rules import ENDS_EXPORT, Chain, Group, chain_of, group_of

MarkName = Literal[
    "broken",  # entries that are not as they were written
    "locked",
    "failures",
    "failures_from",
    "new_source",
    "unusual_hours",
    "many_records",
    "by_command_line",
    "copies_open",
]
FAILURES: Final = 5  # of one operator or from one address in a month
MANY_RECORDS: Final = 10_000  # seen or handed out by one operator in a month
NIGHT: Final = range(6, 22)  # hours of the day that are not unusual, Monday to Friday
DETAILS: Final = 200  # rows of each kind that are shown; all are counted
_BY_HAND: Final[frozenset[Group]] = frozenset({"sign_in", "view", "export", "grant", "change"})
_COMMAND_LINE: Final = "command line"

Source = tuple[str, str]  # operator and address


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that stands out. operator: "" when it is nobody's. count: how often, how many."""

    mark: MarkName
    operator: str
    count: int


@dataclass(slots=True)
class OperatorCounts:
    """What one operator did in a month; viewed, exported: records."""

    sign_ins: int = 0
    failures: int = 0
    views: int = 0
    viewed: int = 0
    exports: int = 0
    exported: int = 0
    grants: int = 0
    changes: int = 0


@dataclass(frozen=True, slots=True)
class OpenCopy:
    """An exported copy that nobody has said to be destroyed."""

    reference: str
    owner: str
    made_at: datetime
    expires_at: datetime


@dataclass(slots=True)
class MonthSeen:
    """A month's entries, counted one by one; `details` are shown, the rest is signed as well.

    accesses: of personal data, by operator, act and reason -> times and records. known: operator
    and address of what was done before this month.
    """

    zone: ZoneInfo
    known: Collection[Source] = ()
    acts: Counter[str] = field(default_factory=Counter)
    by: Counter[str] = field(default_factory=Counter)
    operators: dict[str, OperatorCounts] = field(default_factory=dict)
    failed_from: Counter[Source] = field(default_factory=Counter)
    accesses: dict[tuple[str, str, str], list[int]] = field(default_factory=dict)
    unusual: Counter[str] = field(default_factory=Counter)
    new_sources: dict[Source, datetime] = field(default_factory=dict)
    grants: list[Entry] = field(default_factory=list)
    counts: Counter[Chain] = field(default_factory=Counter)
    last_number: int = 0
    broken: int = 0
    _hashes: dict[Chain, Any] = field(default_factory=dict)

    def add(self, entry: Entry) -> None:
        """Counts one entry; by row number."""
        chain, group = chain_of(entry.act), group_of(entry.act)
        self.counts[chain] += 1
        self.last_number = entry.number
        hash_entry(self._hashes.setdefault(chain, hashlib.sha256()), entry)
        self.acts[entry.act] += 1
        self.by[entry.operator] += 1
        self._count(entry, group)
        if group == "failure":
            self.failed_from[entry.operator, entry.source] += 1
        elif "@" in entry.operator and group in _BY_HAND:
            self._look_at_person(entry)
        if group == "grant" and len(self.grants) < DETAILS:
            self.grants.append(entry)

    def sha256(self, chain: Chain) -> str:
        """Returns the hash of the month's entries in a chain."""
        found = self._hashes.get(chain)
        return found.hexdigest() if found else hashlib.sha256().hexdigest()

    def _count(self, entry: Entry, group: Group) -> None:
        counts = self.operators.setdefault(entry.operator, OperatorCounts())
        match group:
            case "sign_in":
                counts.sign_ins += entry.act == "sign-in"
            case "failure":
                counts.failures += 1
            case "view":
                counts.views += 1
                counts.viewed += entry.record_count or 0
                self._access(entry)
            case "export" if entry.act in ENDS_EXPORT:
                counts.exports += 1
                counts.exported += entry.record_count or 0
                self._access(entry)
            case "grant":
                counts.grants += 1
            case "change":
                counts.changes += 1

    def _access(self, entry: Entry) -> None:
        key = entry.operator, entry.act, entry.reason
        times = self.accesses.setdefault(key, [0, 0])
        times[0] += 1
        times[1] += entry.record_count or 0

    def _look_at_person(self, entry: Entry) -> None:
        local = entry.at.astimezone(self.zone)
        if local.weekday() >= 5 or local.hour not in NIGHT:
            self.unusual[entry.operator] += 1
        if entry.source and (entry.operator, entry.source) not in self.known:
            self.new_sources.setdefault((entry.operator, entry.source), entry.at)


def hash_entry(running: Any, entry: Entry) -> None:
    """Adds an entry to the hash of its month, its signature included."""
    running.update(canonical(entry) + entry.signature.encode() + b"\n")


def marks_of(seen: MonthSeen, copies: Iterable[OpenCopy]) -> list[Mark]:
    """Returns what stands out, the gravest first. copies: made in that month and open now."""
    accounts_before = {operator for operator, _ in seen.known}
    from_new = Counter(who for who, _ in seen.new_sources if who in accounts_before)
    by_shell = seen.operators.get(_COMMAND_LINE, OperatorCounts())
    from_one = sum(n >= FAILURES for n in _by_source(seen.failed_from).values())
    found = [Mark("broken", "", seen.broken), Mark("failures_from", "", from_one)]
    for operator, counts in sorted(seen.operators.items()):
        records = counts.viewed + counts.exported
        found += [
            Mark("failures", operator, counts.failures * (counts.failures >= FAILURES)),
            Mark("unusual_hours", operator, seen.unusual[operator]),
            Mark("new_source", operator, from_new[operator]),
            Mark("many_records", operator, records * (records >= MANY_RECORDS)),
        ]
    found += [
        Mark("locked", "", seen.acts["sign-in.locked"]),
        Mark("by_command_line", "", by_shell.grants),
        *(Mark("copies_open", who, n) for who, n in _owners(copies).items()),
    ]
    order = MarkName.__args__  # type: ignore[attr-defined]  # of a Literal
    return sorted((mark for mark in found if mark.count), key=lambda each: order.index(each.mark))


def _by_source(failed: Mapping[Source, int]) -> Counter[str]:
    found: Counter[str] = Counter()
    for (_, source), count in failed.items():
        found[source] += count if source else 0
    return found


def _owners(copies: Iterable[OpenCopy]) -> Counter[str]:
    return Counter(copy.owner for copy in copies)


def summary_of(seen: MonthSeen, marks: Iterable[Mark]) -> dict[str, Any]:
    """Returns what of a month is signed: counts and marks, as JSON has them."""
    return {
        "acts": dict(seen.acts),
        "operators": {
            name: {each: getattr(counts, each) for each in OperatorCounts.__slots__}
            for name, counts in seen.operators.items()
        },
        "marks": [[mark.mark, mark.operator, mark.count] for mark in marks],
    }
