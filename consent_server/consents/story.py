"""What one record tells beside its decisions: whether it is as it was written, what came before.

Pure: works on records that somebody has read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from msgspec.structs import asdict

from consent_server.consents.rules import digest
from consent_server.consents.services import ConsentRow

_FACTS: Final = ("action", "policy_version", "language")


@dataclass(frozen=True, slots=True)
class Change:
    """One thing in which a record differs from the one before.

    kind: `purpose` or `service` with its key, or a fact of the record. before, after: granted,
    refused, or not asked (None); of a fact its value.
    """

    kind: Literal["purpose", "service", "action", "policy_version", "language"]
    key: str
    before: object
    after: object


@dataclass(frozen=True, slots=True)
class Step:
    """A record of a visitor, and how it differs from his one before; None for his first."""

    record: ConsentRow
    changes: tuple[Change, ...] | None


def is_as_written(record: ConsentRow) -> bool:
    """Whether the hash that was stored with a record is still the one of its facts."""
    facts = asdict(record)
    del facts["id"], facts["digest"]
    return digest(facts) == record.digest


def steps(records: Sequence[ConsentRow], *, has_older: bool = False) -> list[Step]:
    """Returns the records of a visitor with what changed. records: newest first, and so are they.

    has_older: there are more before; then of the last one nothing is said to be the first.
    """
    before: list[ConsentRow | None] = [*records[1:], None]
    found = [
        Step(record, None if old is None else tuple(_changes(old, record)))
        for record, old in zip(records, before, strict=True)
    ]
    return found[:-1] if has_older else found


def _changes(old: ConsentRow, new: ConsentRow) -> Iterator[Change]:
    yield from _decided("purpose", old.decisions, new.decisions)
    yield from _decided("service", old.services, new.services)
    for name in _FACTS:
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            yield Change(name, "", before, after)


def _decided(
    kind: Literal["purpose", "service"], old: Mapping[str, bool], new: Mapping[str, bool]
) -> Iterator[Change]:
    for key in sorted({*old, *new}):
        if old.get(key) != new.get(key):
            yield Change(kind, key, old.get(key), new.get(key))
