"""Certifies visits that were removed because their visitor asked for it, batch by batch."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Engine

from consent_server import clock
from consent_server.certificates.rules import DestroyedRecords
from consent_server.certificates.services import issue_certificate
from consent_server.signing import CertificateKey
from consent_server.visits.removal import Batch

_CLASS: Final = "visit"


def certify_erasures(engine: Engine, key: CertificateKey, batch: Batch) -> None:
    """Issues the certificate of a batch; the same batch again gets no second one.

    It counts rows of a day, never a visitor, and names no site: a batch may be of one person.
    """
    destroyed = DestroyedRecords(
        record_class=_CLASS,
        day=batch.day,
        records=batch.records,
        sites={},
        reason="withdrawal",
        method="rows",
        started_at=batch.since,
        ended_at=clock.now(),
        executor="request of visitors",
        reference=f"erased {batch.table} {batch.day} {batch.since:%Y-%m-%dT%H:%M:%S.%fZ}",
    )
    with engine.execution_options(writes=True).begin() as connection:
        issue_certificate(connection, key, destroyed)
