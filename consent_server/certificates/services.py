"""Verbs of the ledger: issue, confirm, read.

`issue_certificate` is part of its caller's transaction, so that what it tells of and the telling
are on disk together; one caller at a time appends, on either engine.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine, RowMapping, Select, func, insert, select

from consent_server import clock
from consent_server.certificates.models import CertificateConfirmation, DestructionCertificate
from consent_server.certificates.rules import (
    FIRST,
    Certificate,
    DestroyedRecords,
    canonical,
    confirmed_bytes,
    digest_of,
)
from consent_server.errors import NotFound
from consent_server.signing import CertificateKey
from consent_server.storage.database import db, table_of
from consent_server.storage.turns import take_turn

_PAGE_ROWS: Final = 500


@dataclass(frozen=True, slots=True)
class Confirmation:
    """An operator's confirmation of a certificate, signed."""

    certificate: int
    digest: str
    operator: str
    at: datetime
    public_key: str
    signature: str


def issue_certificate(
    connection: Connection, key: CertificateKey, destroyed: DestroyedRecords
) -> Certificate:
    """Appends a certificate, as part of the caller's transaction; returns it as it stands.

    When one with the same reference was issued before, that one comes back and nothing is written.
    """
    take_turn(connection, _CERTIFICATES)
    if issued := find_by_reference(connection, destroyed.reference):
        return issued
    newest = connection.execute(
        select(_CERTIFICATES.c.number, _CERTIFICATES.c.digest)
        .order_by(_CERTIFICATES.c.number.desc())
        .limit(1)
    ).first()
    number, previous = newest or (0, FIRST)
    draft = Certificate(
        number=number + 1,
        previous=previous,
        public_key=key.public,
        **{field.name: getattr(destroyed, field.name) for field in fields(destroyed)},
    )
    certificate = replace(draft, digest=digest_of(draft), signature=key.sign(canonical(draft)))
    connection.execute(insert(_CERTIFICATES), [_row(certificate)])
    return certificate


def find_by_reference(connection: Connection, reference: str) -> Certificate | None:
    """Returns the certificate of a destruction, None when none was issued."""
    query = select(_CERTIFICATES).where(_CERTIFICATES.c.reference == reference)
    row = connection.execute(query).mappings().first()
    return None if row is None else _certificate(row)


def find_certificate(number: int) -> Certificate:
    """Returns a certificate. Raises NotFound."""
    with db.engine.connect() as connection:
        query = select(_CERTIFICATES).where(_CERTIFICATES.c.number == number)
        row = connection.execute(query).mappings().first()
    if row is None:
        raise NotFound("There is no such certificate.")
    return _certificate(row)


def newest_certificates(*, before: int | None = None, limit: int = 50) -> Sequence[Certificate]:
    """Returns certificates, newest first; `before` is the last number of the page before."""
    query = select(_CERTIFICATES).order_by(_CERTIFICATES.c.number.desc()).limit(limit)
    if before is not None:
        query = query.where(_CERTIFICATES.c.number < before)
    with db.engine.connect() as connection:
        return [_certificate(row) for row in connection.execute(query).mappings()]


def each_certificate(engine: Engine) -> Iterator[Certificate]:
    """Yields all certificates by number, page by page: no read stays open in between."""
    for row in _pages(engine, select(_CERTIFICATES), _CERTIFICATES.c.number):
        yield _certificate(row)


def each_confirmation(engine: Engine) -> Iterator[Confirmation]:
    """Yields all confirmations in the order of their arrival."""
    for row in _pages(engine, select(_CONFIRMATIONS), _CONFIRMATIONS.c.id):
        yield _confirmation(row)


def confirm_certificate(number: int, operator: str, key: CertificateKey) -> Confirmation:
    """Writes down that an operator has looked at a certificate; the first time counts.

    Raises NotFound without such a certificate.
    """
    digest, at = find_certificate(number).digest, clock.now()
    with db.engine.execution_options(writes=True).begin() as connection:
        take_turn(connection, _CONFIRMATIONS)
        known = connection.execute(
            select(_CONFIRMATIONS).where(
                _CONFIRMATIONS.c.certificate == number, _CONFIRMATIONS.c.operator == operator
            )
        ).mappings()
        if row := known.first():
            return _confirmation(row)
        signature = key.sign(confirmed_bytes(number, digest, operator, at))
        confirmation = Confirmation(number, digest, operator, at, key.public, signature)
        connection.execute(insert(_CONFIRMATIONS), [asdict(confirmation)])
    return confirmation


def count_unconfirmed() -> int:
    """Returns how many certificates nobody has confirmed yet."""
    is_confirmed = select(_CONFIRMATIONS.c.id).where(
        _CONFIRMATIONS.c.certificate == _CERTIFICATES.c.number
    )
    query = select(func.count()).select_from(_CERTIFICATES).where(~is_confirmed.exists())
    with db.engine.connect() as connection:
        return int(connection.execute(query).scalar_one())


def confirmations_of(numbers: Sequence[int]) -> dict[int, list[Confirmation]]:
    """Returns who confirmed which of some certificates, earliest first."""
    found: dict[int, list[Confirmation]] = {number: [] for number in numbers}
    query = (
        select(_CONFIRMATIONS)
        .where(_CONFIRMATIONS.c.certificate.in_(numbers))
        .order_by(_CONFIRMATIONS.c.id)
    )
    with db.engine.connect() as connection:
        for row in connection.execute(query).mappings():
            found[row["certificate"]].append(_confirmation(row))
    return found


def _pages(engine: Engine, query: Select[Any], key: Any) -> Iterator[RowMapping]:
    last = 0
    while True:
        with engine.connect() as connection:
            page = query.where(key > last).order_by(key).limit(_PAGE_ROWS)
            rows = list(connection.execute(page).mappings())
        if not rows:
            return
        yield from rows
        last = rows[-1][key.name]


def _row(certificate: Certificate) -> dict[str, Any]:
    return asdict(certificate) | {"sites": dict(certificate.sites)}


def _certificate(row: RowMapping) -> Certificate:
    return Certificate(**row)


def _confirmation(row: RowMapping) -> Confirmation:
    return Confirmation(**{name: row[name] for name in row if name != "id"})


_CERTIFICATES = table_of(DestructionCertificate)
_CONFIRMATIONS = table_of(CertificateConfirmation)
