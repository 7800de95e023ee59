"""Verbs of the ledger of exports: every copy has an owner, a last day and a check-off.

A copy that left this service is out of its reach, so a person destroys it and says so here (the
founding policy's shredding of prints; PIPA art. 21). What nobody checked off by its last instant is
overdue: red in the console, counted in /metrics. An export that was broken off stands here as
well, for a part of its file may exist.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.metadata import version
from typing import Any, NamedTuple

from sqlalchemy import Engine, Row, func, insert, select, update

from consent_server import clock
from consent_server.audit.services import SERVICE, Act, record_act
from consent_server.errors import CommandError
from consent_server.reports.models import ExportedCopy
from consent_server.storage.database import db, table_of

_TABLE = table_of(ExportedCopy)
_REASON_CHARACTERS = 500


class File(NamedTuple):
    """What is known of a file after its last byte. columns: name and type of each."""

    row_count: int
    byte_count: int
    sha256: str
    columns: Sequence[Mapping[str, str]]


def begin_copy(
    reference: str,
    *,
    owner: str,
    kind: str,
    chosen: Mapping[str, str],
    reason: str,
    purpose: str,
    expires_at: datetime,
) -> None:
    """Enters an export before its first byte, in a transaction of its own."""
    with db.engine.execution_options(writes=True).begin() as connection:
        connection.execute(
            insert(_TABLE).values(
                reference=reference,
                owner=owner,
                kind=kind,
                chosen=dict(chosen),
                reason=reason[:_REASON_CHARACTERS],
                purpose=purpose,
                made_at=clock.now(),
                expires_at=expires_at,
            )
        )


def finish_copy(reference: str, file: File, *, expires_at: datetime) -> None:
    """Adds what is known after the last byte."""
    with db.engine.execution_options(writes=True).begin() as connection:
        connection.execute(
            update(_TABLE)
            .where(_TABLE.c.reference == reference)
            .values(
                row_count=file.row_count,
                byte_count=file.byte_count,
                sha256=file.sha256,
                columns=list(file.columns),
                software=version("consent-server"),
                expires_at=expires_at,
                finished_at=clock.now(),
            )
        )


def check_off(reference: str, operator: str, *, may_for_others: bool) -> ExportedCopy:
    """Notes that a copy is destroyed; a second time changes nothing.

    may_for_others: whether `operator` may say so of copies that are not his, such as those of
    somebody who left. Raises CommandError when there is no such copy, or it is another's.
    """
    copy = find_copy(reference)
    if copy.owner != operator and not may_for_others:
        raise CommandError("Only its owner can say that this copy is destroyed.")
    db.session.rollback()
    with db.engine.execution_options(writes=True).begin() as connection:
        changed = connection.execute(
            update(_TABLE)
            .where(_TABLE.c.reference == reference, _TABLE.c.shredded_at.is_(None))
            .values(shredded_at=clock.now(), shredded_by=operator)
        ).rowcount
    if changed:
        record_act(Act(operator=operator, act="export.shredded", reference=reference))
    return find_copy(reference)


def check_off_untouched(reference: str) -> None:
    """Notes that a copy is destroyed which never left this service."""
    check_off(reference, SERVICE, may_for_others=True)
    db.session.rollback()


def find_copy(reference: str) -> ExportedCopy:
    """Returns one entry. Raises CommandError when there is none."""
    copy = db.session.scalar(select(ExportedCopy).where(ExportedCopy.reference == reference))
    if copy is None:
        raise CommandError(f"There is no export {reference!r}; see `exports list`.")
    return copy


def open_copies(limit: int | None = None) -> Sequence[ExportedCopy]:
    """Returns what is not destroyed yet, the most urgent first."""
    query = select(ExportedCopy).where(ExportedCopy.shredded_at.is_(None))
    return db.session.scalars(
        query.order_by(ExportedCopy.expires_at, ExportedCopy.id).limit(limit)
    ).all()


def open_copies_of(engine: Engine, since: datetime, until: datetime) -> Sequence[Row[Any]]:
    """Returns what was made between two instants and is not destroyed yet, oldest first."""
    query = select(_TABLE).where(
        _TABLE.c.shredded_at.is_(None), _TABLE.c.made_at >= since, _TABLE.c.made_at < until
    )
    with engine.connect() as connection:
        return connection.execute(query.order_by(_TABLE.c.id)).all()


def destroyed_copies(*, before_id: int | None = None, limit: int = 50) -> Sequence[ExportedCopy]:
    """Returns what was checked off, newest first; `before_id` is the last of the page before."""
    query = select(ExportedCopy).where(ExportedCopy.shredded_at.is_not(None))
    if before_id is not None:
        query = query.where(ExportedCopy.id < before_id)
    return db.session.scalars(query.order_by(ExportedCopy.id.desc()).limit(limit)).all()


def count_overdue_here() -> int:
    """Returns the same inside an application context."""
    return count_overdue(db.engine)


def count_overdue(engine: Engine) -> int:
    """Returns how many copies should be destroyed and are not said to be."""
    query = (
        select(func.count())
        .select_from(_TABLE)
        .where(_TABLE.c.shredded_at.is_(None), _TABLE.c.expires_at <= clock.now())
    )
    with engine.connect() as connection:
        return int(connection.execute(query).scalar_one())
