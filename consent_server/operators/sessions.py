"""Sessions of the console, kept by the server: listed, and ended the moment they should be.

The cookie holds a random name; the table holds its hash, so that whoever reads the table gets into
no session. A request is let in only while the row is there: removing it ends the session on every
node with the next request. A session ends half an hour after its last request and twelve hours
after it began (OWASP ASVS 5.0, 7.3).
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session, selectinload

from consent_server import clock
from consent_server.errors import CommandError
from consent_server.operators.access_models import OperatorSession
from consent_server.operators.models import Operator
from consent_server.storage.database import begin_write, db
from consent_server.storage.revision import OUTAGES

SESSION_NAME: Final = "cs_session"  # where the signed cookie has the session's own name
IDLE: Final = timedelta(minutes=30)
LONGEST: Final = timedelta(hours=12)
_SEEN_EVERY: Final = timedelta(minutes=1)  # a write for each request would be too many

_log = logging.getLogger(__name__)


def open_session(operator_id: int, source: str, device: str) -> str:
    """Makes a session and returns its name for the cookie; removes those that have ended."""
    name, now = secrets.token_urlsafe(32), clock.now()
    begin_write()
    ended = or_(OperatorSession.seen_at < now - IDLE, OperatorSession.created_at < now - LONGEST)
    db.session.execute(delete(OperatorSession).where(ended))
    db.session.add(
        OperatorSession(
            operator_id=operator_id,
            token_sha256=_hash(name),
            created_at=now,
            seen_at=now,
            source=source,
            device=device[:120],
        )
    )
    db.session.commit()
    return name


def operator_in(uniquifier: str, name: str) -> Operator | None:
    """Returns the operator whose open session a cookie names, with his grants; or None."""
    now = clock.now()
    query = (
        select(OperatorSession, Operator)
        .join(Operator, Operator.id == OperatorSession.operator_id)
        .where(
            OperatorSession.token_sha256 == _hash(name),
            OperatorSession.seen_at > now - IDLE,
            OperatorSession.created_at > now - LONGEST,
            Operator.fs_uniquifier == uniquifier,
            Operator.active,
        )
        .options(selectinload(Operator.grants))
    )
    found = db.session.execute(query).one_or_none()
    if found is None:
        return None
    session, operator = found
    if now - session.seen_at >= _SEEN_EVERY:
        _mark_seen(session.id)
    return operator


def _mark_seen(session_id: int) -> None:
    """Remembers that a session is in use; a database that takes no write keeps no page away."""
    try:
        with Session(db.engine) as short:
            short.connection(execution_options={"writes": True})
            short.execute(
                update(OperatorSession)
                .where(OperatorSession.id == session_id)
                .values(seen_at=clock.now())
            )
            short.commit()
    except OUTAGES as error:
        _log.warning("a session could not be marked as in use: %s", type(error).__name__)


def sessions_of(operator_id: int) -> Sequence[OperatorSession]:
    """Returns the open sessions of an operator, the last used first."""
    now = clock.now()
    query = (
        select(OperatorSession)
        .where(
            OperatorSession.operator_id == operator_id,
            OperatorSession.seen_at > now - IDLE,
            OperatorSession.created_at > now - LONGEST,
        )
        .order_by(OperatorSession.seen_at.desc(), OperatorSession.id.desc())
    )
    return db.session.scalars(query).all()


def is_named(session: OperatorSession, name: str) -> bool:
    """Whether this is the session that a cookie names."""
    return session.token_sha256 == _hash(name)


def end_session(operator_id: int, session_id: int) -> None:
    """Ends one session of an operator. Raises CommandError when it is not his, or has ended."""
    begin_write()
    mine = (OperatorSession.id == session_id, OperatorSession.operator_id == operator_id)
    gone = db.session.execute(delete(OperatorSession).where(*mine))
    db.session.commit()
    if not gone.rowcount:  # type: ignore[attr-defined]  # of a DELETE
        raise CommandError("This session has ended already.")


def end_named(name: str) -> None:
    """Ends the session that a cookie names."""
    begin_write()
    db.session.execute(delete(OperatorSession).where(OperatorSession.token_sha256 == _hash(name)))
    db.session.commit()


def end_sessions(operator_id: int) -> None:
    """Ends all sessions of an operator."""
    begin_write()
    forget_sessions(operator_id)
    db.session.commit()


def forget_other_sessions(operator_id: int, name: str) -> None:
    """Ends all sessions of an operator but the named one, as part of the caller's transaction."""
    others = (
        OperatorSession.operator_id == operator_id,
        OperatorSession.token_sha256 != _hash(name),
    )
    db.session.execute(delete(OperatorSession).where(*others))


def renew_session(name: str) -> str:
    """Gives a session another name and returns it; whoever knows the old one is out."""
    new = secrets.token_urlsafe(32)
    begin_write()
    mine = OperatorSession.token_sha256 == _hash(name)
    db.session.execute(update(OperatorSession).where(mine).values(token_sha256=_hash(new)))
    db.session.commit()
    return new


def forget_sessions(operator_id: int) -> None:
    """Ends all sessions of an operator as part of the caller's transaction."""
    db.session.execute(delete(OperatorSession).where(OperatorSession.operator_id == operator_id))


def _hash(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()
