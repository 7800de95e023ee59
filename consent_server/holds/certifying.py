"""Certifies that the visits of a hold were destroyed when it ended."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Engine

from consent_server import clock
from consent_server.certificates.rules import DestroyedRecords
from consent_server.certificates.services import issue_certificate
from consent_server.holds.shown import Hold
from consent_server.periods import RetentionPeriod
from consent_server.signing import CertificateKey

_CLASS: Final = "held visit"


def certify_hold(
    engine: Engine, key: CertificateKey, period: RetentionPeriod, hold: Hold, started_at: datetime
) -> None:
    """Issues the certificate of an ended hold; the same hold again gets no second one."""
    destroyed = DestroyedRecords(
        record_class=_CLASS,
        day=period.day_of(hold.opened_at),
        records=hold.held,
        sites={str(hold.site_id): hold.held},
        reason="hold_ended",
        method="key_and_rows",
        started_at=started_at,
        ended_at=clock.now(),
        executor="release" if hold.released_at else "end of the hold",
        reference=f"hold {hold.hold_id}",
    )
    with engine.execution_options(writes=True).begin() as connection:
        issue_certificate(connection, key, destroyed)
