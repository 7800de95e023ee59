"""A chain of certificates: whoever changes, removes or moves anything is found out."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_server.certificates.files import csv_lines, ndjson_lines, read_ndjson
from consent_server.certificates.rules import (
    FIRST,
    Certificate,
    canonical,
    digest_of,
    faults_of,
)
from consent_server.errors import CommandError
from consent_server.signing import CertificateKey

KEY, OTHER_KEY = CertificateKey("a secret"), CertificateKey("another secret")
AT = datetime(2026, 4, 15, 15, 0, 1, 250_000, tzinfo=UTC)


def issued(draft: Certificate, key: CertificateKey = KEY) -> Certificate:
    draft = replace(draft, public_key=key.public)
    return replace(draft, digest=digest_of(draft), signature=key.sign(canonical(draft)))


def chain(length: int = 4, key: CertificateKey = KEY) -> list[Certificate]:
    made: list[Certificate] = []
    for number in range(1, length + 1):
        draft = Certificate(
            number=number,
            record_class="visit",
            day=date(2026, 1, number),
            records=10 * number,
            sites={"1": 10 * number},
            reason="period_over",
            method="key_and_rows",
            started_at=AT,
            ended_at=AT,
            executor="scheduler on node-1",
            reference=f"visit {number}",
            previous=made[-1].digest if made else FIRST,
            public_key="",
        )
        made.append(issued(draft, key))
    return made


def found(certificates: list[Certificate], **options: Any) -> set[tuple[int, str]]:
    return {(fault.number, fault.fault) for fault in faults_of(certificates, **options)}


def test_a_chain_as_it_was_issued_has_no_fault() -> None:
    assert found(chain(), own_key=KEY.public) == set()


@given(st.sampled_from(list(json.loads(next(ndjson_lines(chain(), {}))))), st.integers(0, 3))
def test_whatever_is_changed_in_a_certificate_is_found(name: str, place: int) -> None:
    certificates = chain()
    lines = list(ndjson_lines(certificates, {}))
    stated = json.loads(lines[place])
    if name == "confirmations":
        return  # signed apart
    lines[place] = json.dumps(stated | {name: CHANGED[name](stated[name])})

    assert found(list(read_ndjson(lines)))


def other_digit(digits: str) -> str:
    return ("1" if digits[0] == "0" else "0") + digits[1:]


CHANGED: dict[str, Callable[[Any], Any]] = {
    "number": lambda number: number + 7,
    "day": lambda day: "2025-12-31",
    "records": lambda records: records - 1,
    "sites": lambda sites: sites | {"2": 0},
    "started_at": lambda at: "2026-04-15T15:00:01.250001Z",
    "ended_at": lambda at: "2026-04-15T15:00:01.249999Z",
    **dict.fromkeys(("record_class", "reason", "method", "executor"), lambda text: text + "s"),
    "reference": lambda text: text + "s",
    **dict.fromkeys(("previous", "digest", "public_key", "signature"), other_digit),
}


def test_a_certificate_that_is_taken_out_is_missing() -> None:
    certificates = chain()
    del certificates[1]

    assert found(certificates) == {(2, "missing")}


def test_certificates_in_another_order_are_noticed() -> None:
    first, second, third, fourth = chain()

    assert (2, "moved") in found([first, third, second, fourth])


def test_a_whole_ledger_that_somebody_else_signed_is_foreign_to_us() -> None:
    forged = chain(key=OTHER_KEY)

    assert found(forged) == set()  # consistent in itself
    assert found(forged, own_key=KEY.public) == {(n, "foreign") for n in (1, 2, 3, 4)}


def test_an_exported_file_says_the_same_as_the_ledger() -> None:
    assert list(read_ndjson(ndjson_lines(chain(), {}))) == chain()


@pytest.mark.parametrize("line", ["", "[]", "null", '{"number": 1}', "\x00", '"text"'])
def test_a_line_that_is_no_certificate_is_named(line: str) -> None:
    with pytest.raises(CommandError, match="Line 1"):
        list(read_ndjson([line]))


def test_no_cell_of_the_csv_is_a_formula() -> None:
    [hostile] = chain(1)
    lines = list(csv_lines([replace(hostile, executor='=HYPERLINK("x")')], {}))

    assert "'=HYPERLINK" in lines[1]
