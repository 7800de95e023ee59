"""Verifies the ledger of this deployment: chain, signatures, confirmations, and its end."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Engine

from consent_server.certificates.head import Head
from consent_server.certificates.rules import Certificate, Fault, confirmed_bytes, faults_of
from consent_server.certificates.services import each_certificate, each_confirmation
from consent_server.signing import CertificateKey, is_signed


def verify_ledger(engine: Engine, key: CertificateKey, head: Head) -> Iterator[Fault]:
    """Yields everything that is wrong; nothing when the ledger is as it was issued.

    Reads the ledger page by page. Where nothing is wrong, the newest certificate is remembered.
    """
    digests: dict[int, str] = {}
    newest: list[Certificate] = []
    is_sound = True

    def seen() -> Iterator[Certificate]:
        for each in each_certificate(engine):
            digests[each.number] = each.digest
            newest[:] = [each]
            yield each

    for fault in faults_of(seen(), own_key=key.public):
        is_sound = is_sound and fault.fault == "foreign"
        yield fault
    for fault in (*head.faults_of(each_certificate(engine)), *_confirmations(engine, digests)):
        is_sound = False
        yield fault
    if is_sound and newest:
        head.remember(newest[0])


def _confirmations(engine: Engine, digests: dict[int, str]) -> Iterator[Fault]:
    for each in each_confirmation(engine):
        stated = confirmed_bytes(each.certificate, each.digest, each.operator, each.at)
        if digests.get(each.certificate) != each.digest:
            yield Fault(each.certificate, "changed", "it is not what was confirmed")
        if not is_signed(each.public_key, stated, each.signature):
            yield Fault(each.certificate, "forged", "a confirmation does not fit its signature")
