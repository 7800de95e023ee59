"""An entry that was changed, taken out, put in or moved is found, and so is where."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from consent_server.audit.chain import FIRST, Checker, Entry, canonical, digest_of
from consent_server.audit.rules import chain_of
from consent_server.signing import CertificateKey

KEY, OTHER = CertificateKey("k" * 43), CertificateKey("o" * 43)
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
ACTS = ("sign-in", "operator.grant", "visits.view", "visits.view", "operator.revoke", "sign-out")


def log(acts: Sequence[str] = ACTS, key: CertificateKey = KEY) -> list[Entry]:
    last: dict[str, str] = {}
    entries = []
    for number, act in enumerate(acts, 1):
        draft = Entry(
            number=number,
            at=BEGIN + timedelta(minutes=number),
            operator="kim@shop.example",
            act=act,
            site_id=None,
            record_count=number,
            reason="왜",
            reference="",
            source="127.0.0.1",
            previous=last.get(chain_of(act), FIRST),
            signed_with=key.public,
        )
        entries.append(replace(draft, signature=key.sign(canonical(draft))))
        last[chain_of(act)] = digest_of(draft)
    return entries


def found(entries: Sequence[Entry]) -> list[tuple[str, str]]:
    checker = Checker(KEY.public)
    return [(f.place, f.fault) for entry in entries for f in checker.faults_of(entry)]


def changed(entries: list[Entry]) -> list[Entry]:
    return [*entries[:2], replace(entries[2], record_count=1), *entries[3:]]


def resigned(entries: list[Entry]) -> list[Entry]:
    """By somebody who has a key of his own, and the database."""
    draft = replace(entries[2], record_count=1, signed_with=OTHER.public)
    return [*entries[:2], replace(draft, signature=OTHER.sign(canonical(draft))), *entries[3:]]


def unsigned(entries: list[Entry]) -> list[Entry]:
    return [*entries, replace(entries[0], number=7, previous="", signed_with="", signature="")]


def test_nothing_is_wrong_with_a_log_as_it_was_written() -> None:
    assert found(log()) == []


@pytest.mark.parametrize(
    ("spoil", "wrong"),
    [
        (changed, [("entry 3", "forged"), ("entry 4", "missing")]),
        (resigned, [("entry 3", "foreign"), ("entry 4", "missing")]),
        (lambda entries: entries[:2] + entries[3:], [("entry 4", "missing")]),
        (lambda entries: entries[1:], [("entry 3", "missing")]),
        (lambda entries: [entries[0], *entries[2:]], [("entry 5", "missing")]),
        (unsigned, [("entry 7", "unsigned")]),
    ],
    ids=["changed", "signed anew", "taken out", "first taken out", "a grant out", "put in"],
)
def test_what_was_done_to_it_is_found(
    spoil: Callable[[list[Entry]], list[Entry]], wrong: list[tuple[str, str]]
) -> None:
    assert found(spoil(log())) == wrong


def test_entries_of_before_there_were_signatures_are_counted_and_no_fault() -> None:
    old = [
        replace(entry, previous="", signed_with="", signature="") for entry in log(["sign-in"] * 3)
    ]
    checker = Checker(KEY.public)

    assert [f for entry in old + log() for f in checker.faults_of(entry)] == []
    assert checker.unsigned == 3


def test_what_a_certificate_says_to_be_destroyed_is_not_missed() -> None:
    entries = log()
    checker = Checker(KEY.public, {"acts": [digest_of(entries[0])]})

    assert [f for entry in entries[1:] for f in checker.faults_of(entry)] == []
