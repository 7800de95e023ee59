"""Verbs of the access log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from consent_server import clock
from consent_server.audit.models import AccessEntry
from consent_server.storage.database import db

COMMAND_LINE = "command line"
SERVICE = "service"  # what a job does by itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What an operator does, as it will stand in the log."""

    operator: str
    act: str
    site_id: int | None = None
    record_count: int | None = None
    reason: str = ""
    reference: str = ""


def record_act(act: Act) -> None:
    """Writes one entry in a transaction of its own; it is on disk when this returns.

    Its own session: the entry must stay even when the act it tells of fails later.
    """
    with Session(db.engine) as session:
        session.add(
            AccessEntry(
                at=clock.now(),
                operator=act.operator,
                act=act.act,
                site_id=act.site_id,
                record_count=act.record_count,
                reason=act.reason[:500],
                reference=act.reference,
            )
        )
        session.commit()


def recent_acts(*, before_id: int | None = None, limit: int = 50) -> Sequence[AccessEntry]:
    """Returns entries newest first; `before_id` is the last id of the page before."""
    query = select(AccessEntry).order_by(AccessEntry.id.desc()).limit(limit)
    if before_id is not None:
        query = query.where(AccessEntry.id < before_id)
    return db.session.scalars(query).all()
