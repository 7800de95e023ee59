"""Asking for archived visits, and the word of a second operator; both stay as they were said."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import selectinload

from consent_server import clock
from consent_server.audit.services import Act, record_act
from consent_server.disclosures.models import ArchiveDecision, ArchiveRequest
from consent_server.disclosures.rules import Asked, State, check_asked, state_of
from consent_server.errors import CommandError
from consent_server.storage.database import begin_write, db

_REFERENCE_BYTES = 5


def new_reference() -> str:
    """Returns a short random name that tells nothing."""
    return secrets.token_hex(_REFERENCE_BYTES)


@dataclass(frozen=True, slots=True)
class Request:
    """A request and how it stands now. decided_by: "" while nobody has decided."""

    row: ArchiveRequest
    state: State
    decided_by: str

    @property
    def items(self) -> tuple[str, ...]:
        """Which facts may be read."""
        return tuple(self.row.items.split(","))


def ask(asked: Asked, operator: str) -> ArchiveRequest:
    """Writes a request down. Raises CommandError when something is missing; then it is not."""
    check_asked(asked)
    begin_write()
    row = ArchiveRequest(
        reference=new_reference(),
        basis=asked.basis,
        reason=asked.reason.strip(),
        authority=asked.authority.strip(),
        permit_number=asked.permit_number.strip(),
        items=",".join(asked.items),
        site_id=asked.site_id,
        since=asked.since,
        until=asked.until,
        asked_by=operator,
        asked_at=clock.now(),
    )
    db.session.add(row)
    db.session.commit()
    _log(row, operator, "archive.ask")
    return row


def decide(reference: str, operator: str, *, is_approved: bool) -> None:
    """Approves or refuses a request, once.

    Raises CommandError for a request of one's own, and for one that is decided or expired.
    """
    found = find(reference)
    if found.row.asked_by == operator:
        raise CommandError("Another operator than the one who asked has to decide.")
    if found.state != "pending":
        raise CommandError("This request is decided already, or too old; ask anew.")
    begin_write()
    db.session.add(
        ArchiveDecision(
            request_id=found.row.id,
            is_approved=is_approved,
            decided_by=operator,
            decided_at=clock.now(),
        )
    )
    try:
        db.session.commit()
    except IntegrityError as error:  # two decided at the same moment
        db.session.rollback()
        raise CommandError("This request is decided already, or too old; ask anew.") from error
    _log(find(reference).row, operator, "archive.approve" if is_approved else "archive.refuse")


def find(reference: str) -> Request:
    """Returns a request. Raises CommandError when there is none."""
    query = select(ArchiveRequest).where(ArchiveRequest.reference == reference)
    row = db.session.scalar(query.options(selectinload(ArchiveRequest.decision)))
    if row is None:
        raise CommandError("There is no such request.")
    return _stands(row)


def newest(*, before_id: int | None = None, limit: int = 50) -> Sequence[Request]:
    """Returns requests newest first; `before_id` is the last id of the page before."""
    query = (
        select(ArchiveRequest)
        .options(selectinload(ArchiveRequest.decision))
        .order_by(ArchiveRequest.id.desc())
        .limit(limit)
    )
    if before_id is not None:
        query = query.where(ArchiveRequest.id < before_id)
    return [_stands(row) for row in db.session.scalars(query)]


def approved(reference: str, operator: str) -> Request:
    """Returns a request that this operator may read by now.

    Raises CommandError when it is another's, or not approved, or its time is over.
    """
    found = find(reference)
    if found.row.asked_by != operator:
        raise CommandError("Only who asked may read what was approved.")
    if found.state != "approved":
        raise CommandError("This request is not approved, or its time is over; ask anew.")
    return found


def _stands(row: ArchiveRequest) -> Request:
    decision = row.decision
    state = state_of(
        asked_at=row.asked_at,
        decided_at=decision.decided_at if decision else None,
        is_approved=bool(decision and decision.is_approved),
        now=clock.now(),
    )
    return Request(row, state, decision.decided_by if decision else "")


def _log(row: ArchiveRequest, operator: str, act: str) -> None:
    record_act(
        Act(
            operator=operator,
            act=act,
            site_id=row.site_id,
            reason=f"{row.basis} {row.permit_number} {row.reason}",
            reference=row.reference,
        )
    )
