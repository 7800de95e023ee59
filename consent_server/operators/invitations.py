"""Invitations: a signed link that makes one account, once, within three days.

The link is shown once, to whoever invites, and goes to the new operator by a way of their own. The
database holds only a hash of its random part, so a backup makes no accounts.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import delete, select

from consent_server import clock
from consent_server.audit.services import Act, record_act
from consent_server.errors import CommandError
from consent_server.operators.access_models import Invitation
from consent_server.operators.grants import add_grant, check_role
from consent_server.operators.models import Operator
from consent_server.operators.passwords import check_password
from consent_server.operators.policy import settings_in_force
from consent_server.operators.services import new_account, normal_address
from consent_server.storage.database import begin_write, db

VALID_FOR: Final = timedelta(days=3)
_SALT: Final = "consent-server:invitation"


class InvitationVoid(CommandError):
    """A link was never made here, was used, withdrawn or has expired."""


@dataclass(frozen=True, slots=True)
class Invited:
    """Who a link makes an account for."""

    email: str
    role: str
    site_id: int | None


def invite(email: str, role: str, site_id: int | None, *, by: str) -> str:
    """Makes an invitation and returns the secret part of its link; an earlier one is void.

    by: account name of who invites. Raises CommandError for a bad address or role, and when there
    is an account already.
    """
    address, nonce, now = normal_address(email), secrets.token_urlsafe(32), clock.now()
    check_role(role)
    begin_write()
    if db.session.scalar(select(Operator.id).where(Operator.email == address)) is not None:
        db.session.rollback()
        raise CommandError(f"{address} has an account already.")
    void = (Invitation.email == address) | (Invitation.expires_at <= now)
    db.session.execute(delete(Invitation).where(void))
    db.session.add(
        Invitation(
            email=address,
            role=role,
            site_id=site_id,
            nonce_sha256=_hash(nonce),
            invited_by=by,
            invited_at=now,
            expires_at=now + VALID_FOR,
        )
    )
    db.session.commit()
    record_act(
        Act(operator=by, act="operator.invite", site_id=site_id, reason=role, reference=address)
    )
    return _signer().dumps(nonce)


def invitations() -> Sequence[Invitation]:
    """Returns the invitations that can still be accepted, the newest first."""
    query = (
        select(Invitation)
        .where(Invitation.expires_at > clock.now())
        .order_by(Invitation.invited_at.desc(), Invitation.id.desc())
    )
    return db.session.scalars(query).all()


def withdraw(invitation_id: int, *, by: str) -> None:
    """Makes a link void. Raises InvitationVoid when it is already."""
    begin_write()
    invitation = db.session.get(Invitation, invitation_id)
    if invitation is None:
        db.session.rollback()
        raise InvitationVoid("This invitation was used, withdrawn or has expired.")
    email = invitation.email
    db.session.delete(invitation)
    db.session.commit()
    record_act(Act(operator=by, act="operator.uninvite", reference=email))


def invited_by_link(token: str) -> Invited:
    """Returns who a link invites. Raises InvitationVoid."""
    invitation = _find(token)
    return Invited(invitation.email, invitation.role, invitation.site_id)


def accept(token: str, password: str) -> str:
    """Makes the account of a link and returns its name; the link is used up.

    Raises InvitationVoid, or CommandError when the password is not taken.
    """
    check_password(password, invited_by_link(token).email)
    begin_write()
    invitation = _find(token, locked=True)
    operator = new_account(invitation.email, password)
    add_grant(operator.id, invitation.role, invitation.site_id, invitation.invited_by)
    address, role, site_id = invitation.email, invitation.role, invitation.site_id
    db.session.delete(invitation)
    db.session.commit()
    record_act(
        Act(operator=address, act="operator.join", site_id=site_id, reason=role, reference=address)
    )
    return address


def _find(token: str, *, locked: bool = False) -> Invitation:
    query = select(Invitation).where(
        Invitation.nonce_sha256 == _hash(_nonce(token)), Invitation.expires_at > clock.now()
    )
    found = db.session.scalar(query.with_for_update() if locked else query)
    if found is None:
        db.session.rollback()
        raise InvitationVoid("This invitation was used, withdrawn or has expired.")
    return found


def _nonce(token: str) -> str:
    try:
        return str(_signer().loads(token))
    except BadSignature as error:
        raise InvitationVoid("This link was not made here; ask for a new one.") from error


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(
        settings_in_force().secret_key,
        salt=_SALT,
        signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
    )


def _hash(nonce: str) -> str:
    return hashlib.sha256(nonce.encode()).hexdigest()
