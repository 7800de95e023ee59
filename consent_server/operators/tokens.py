"""Tokens of machines: shown once, kept as a hash, for few things, for a time, for one site or all.

A token opens no page of the console and no form: only addresses that ask for its scope. It is
sent as `Authorization: Bearer cst_...`; the beginning lets scanners of leaked secrets know it.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal, get_args

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session

from consent_server import clock
from consent_server.audit.services import COMMAND_LINE, Act, record_act
from consent_server.errors import N_, CommandError, TokenMissing
from consent_server.operators.token_models import ApiToken
from consent_server.storage.database import begin_write, db
from consent_server.storage.revision import OUTAGES

Scope = Literal["consents.export", "metrics.read"]
State = Literal["valid", "expired", "revoked"]
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
LONGEST_DAYS: Final = 366
LONGEST_OVERLAP_HOURS: Final = 168  # a week: machines that are set up by hand
_PREFIX: Final = "cst_"
_BEARER: Final = "Bearer "
_USED_EVERY: Final = timedelta(hours=1)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Machine:
    """Who asks with a token. site_id: the one site it may ask about, None for all."""

    name: str
    site_id: int | None


def add_token(
    name: str,
    scopes: Sequence[str],
    site_id: int | None,
    days: int,
    *,
    by: str = COMMAND_LINE,
) -> str:
    """Makes a token and returns it; it is stored nowhere in clear. Raises CommandError.

    by: account name of who does it.
    """
    _check(name, scopes, days)
    token, now = _new(), clock.now()
    begin_write()
    if db.session.scalar(select(ApiToken.id).where(ApiToken.name == name)) is not None:
        db.session.rollback()
        raise CommandError(
            N_("There is a token %(name)r already; see `operators token rotate`."), name=name
        )
    db.session.add(
        ApiToken(
            name=name,
            secret_sha256=_hash(token),
            scopes=" ".join(sorted(set(scopes))),
            site_id=site_id,
            created_by=by,
            created_at=now,
            expires_at=now + timedelta(days=days),
        )
    )
    db.session.commit()
    _tell("token.add", name, site_id, by, " ".join(scopes))
    return token


def rotate_token(name: str, days: int, *, overlap_hours: int = 0, by: str = COMMAND_LINE) -> str:
    """Returns a new token in place of the old one. Raises CommandError.

    overlap_hours: for so long the old one is good as well, never beyond its own end; of two old
    ones only the last. 0: it is void at once.
    """
    _check_days(days)
    _check_overlap(overlap_hours)
    token, now = _new(), clock.now()
    found = _known(name)
    until = min(found.expires_at, now + timedelta(hours=overlap_hours))
    found.old_sha256, found.old_until = (
        (found.secret_sha256, until) if until > now else (None, None)
    )
    found.secret_sha256, found.created_at = _hash(token), now
    found.expires_at = now + timedelta(days=days)
    site_id = found.site_id
    db.session.commit()
    _tell("token.rotate", name, site_id, by, f"{overlap_hours} h" * bool(overlap_hours))
    return token


def revoke_token(name: str, *, by: str = COMMAND_LINE) -> None:
    """Makes a token void at once, and the old one with it. Raises CommandError."""
    found = _known(name)
    found.revoked_at = clock.now()
    found.old_sha256 = found.old_until = None
    site_id = found.site_id
    db.session.commit()
    _tell("token.revoke", name, site_id, by)


def tokens() -> Sequence[ApiToken]:
    """Returns all tokens, those of no use included, by name."""
    return db.session.scalars(select(ApiToken).order_by(ApiToken.name)).all()


def find_token(token_id: int) -> ApiToken:
    """Returns one token. Raises CommandError when there is none."""
    found = db.session.get(ApiToken, token_id)
    if found is None:
        raise CommandError(N_("There is no such token."))
    return found


def state_of(token: ApiToken) -> State:
    """Returns whether a token is of use now, and why not."""
    if token.revoked_at is not None:
        return "revoked"
    return "expired" if token.expires_at <= clock.now() else "valid"


def machine_of(authorization: str, scope: Scope) -> Machine:
    """Returns who sent an Authorization header, if the token is good for a scope.

    Raises TokenMissing, with the same words whatever is wrong with it.
    """
    found, now = None, clock.now()
    if authorization.startswith(_BEARER + _PREFIX):
        sent = _hash(authorization.removeprefix(_BEARER))
        is_old = and_(ApiToken.old_sha256 == sent, ApiToken.old_until > now)
        found = db.session.scalar(
            select(ApiToken).where(or_(ApiToken.secret_sha256 == sent, is_old))
        )
    if (
        found is None
        or found.revoked_at is not None
        or found.expires_at <= now
        or scope not in found.scopes.split()
    ):
        raise TokenMissing(f"Send a token with the scope {scope} as `Authorization: Bearer`.")
    if found.used_at is None or now - found.used_at >= _USED_EVERY:
        _mark_used(found.id)
    return Machine(name=f"token {found.name}", site_id=found.site_id)


def _mark_used(token_id: int) -> None:
    """Remembers that a token is in use; a database that takes no write refuses nobody for it."""
    try:
        with Session(db.engine) as short:
            short.connection(execution_options={"writes": True})
            used = update(ApiToken).where(ApiToken.id == token_id)
            short.execute(used.values(used_at=clock.now()))
            short.commit()
    except OUTAGES as error:
        _log.warning("a token could not be marked as in use: %s", type(error).__name__)


def _known(name: str) -> ApiToken:
    begin_write()
    found = db.session.scalar(
        select(ApiToken)
        .where(ApiToken.name == name, ApiToken.revoked_at.is_(None))
        .with_for_update()
    )
    if found is None:
        db.session.rollback()
        raise CommandError(
            N_("There is no token %(name)r in use; see `operators token list`."), name=name
        )
    return found


def _check(name: str, scopes: Sequence[str], days: int) -> None:
    if not 1 <= len(name) <= 80 or not name.isprintable():
        raise CommandError(N_("A token needs a name of 1 to 80 characters."))
    if not scopes or not set(scopes) <= set(SCOPES):
        raise CommandError(N_("A token needs scopes out of %(scopes)s."), scopes=", ".join(SCOPES))
    _check_days(days)


def _check_days(days: int) -> None:
    if not 1 <= days <= LONGEST_DAYS:
        raise CommandError(N_("A token is valid for 1 to %(days)s days."), days=LONGEST_DAYS)


def _check_overlap(hours: int) -> None:
    if not 0 <= hours <= LONGEST_OVERLAP_HOURS:
        raise CommandError(
            N_("The old token stays good for 0 to %(hours)s hours."), hours=LONGEST_OVERLAP_HOURS
        )


def _new() -> str:
    return _PREFIX + secrets.token_urlsafe(32)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _tell(act: str, name: str, site_id: int | None, by: str, reason: str = "") -> None:
    record_act(Act(operator=by, act=act, site_id=site_id, reason=reason, reference=name))
