"""Verbs of the access log.

From where an operator came stands beside each act (Safety Standard art. 8: account, time, place,
whose data, what was done). Only requests to the console have such a place: a visitor's never does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import current_app, has_request_context, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from consent_server import clock
from consent_server.audit.models import AccessEntry
from consent_server.storage.database import db
from consent_server.web.client_address import client_address
from consent_server.web.sessions import CONSOLE

COMMAND_LINE = "command line"
SERVICE = "service"  # what a job does by itself
_OF_OPERATORS = (CONSOLE, "/v1/export/")  # no visitor asks for these


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What an operator does, as it will stand in the log.

    source: address of the operator; None: that of the present request to the console, if any.
    """

    operator: str
    act: str
    site_id: int | None = None
    record_count: int | None = None
    reason: str = ""
    reference: str = ""
    source: str | None = None


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
                source=source_of_request() if act.source is None else act.source,
            )
        )
        session.commit()


def source_of_request() -> str:
    """Returns where a request of an operator, or his machine, came from; "" for any other."""
    if not has_request_context() or not request.path.startswith(_OF_OPERATORS):
        return ""
    settings = current_app.extensions["consent_server"].settings
    return client_address(request.environ, settings.trusted_proxies)


def recent_acts(*, before_id: int | None = None, limit: int = 50) -> Sequence[AccessEntry]:
    """Returns entries newest first; `before_id` is the last id of the page before."""
    query = select(AccessEntry).order_by(AccessEntry.id.desc()).limit(limit)
    if before_id is not None:
        query = query.where(AccessEntry.id < before_id)
    return db.session.scalars(query).all()
