"""Verbs about accounts; each is one transaction on the main database."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Sequence
from datetime import date

from email_validator import EmailNotValidError, validate_email
from flask_security import hash_password
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from consent_server import clock
from consent_server.audit.services import COMMAND_LINE, Act, record_act
from consent_server.errors import CommandError
from consent_server.operators.grants import add_grant, check_role, end_all_grants
from consent_server.operators.grants import operator_to_change as _to_change
from consent_server.operators.models import Operator
from consent_server.operators.passkeys import forget_passkeys
from consent_server.operators.passwords import check_password, keep_old_password
from consent_server.operators.sessions import forget_sessions
from consent_server.storage.database import begin_write, db

__all__ = ["ROLES", "add_operator", "all_operators", "dismiss", "new_password", "reset_password"]

from consent_server.operators.rules import ROLES


def new_password() -> str:
    """Returns a random password of 120 bits."""
    return secrets.token_urlsafe(15)


def add_operator(
    email: str,
    password: str,
    role: str = "owner",
    site_id: int | None = None,
    *,
    by: str = COMMAND_LINE,
) -> Operator:
    """Adds an account with one role. Raises CommandError for a bad address, password or role.

    site_id: the one site that the role holds for, None for all. by: who gives the role.
    """
    address = normal_address(email)
    check_role(role)
    check_password(password, address)
    begin_write()
    if db.session.scalar(select(Operator.id).where(Operator.email == address)) is not None:
        db.session.rollback()
        raise CommandError(f"{address} has an account already; see `operators reset`.")
    operator = new_account(address, password)
    add_grant(operator.id, role, site_id, by)
    db.session.commit()
    record_act(
        Act(operator=by, act="operator.add", site_id=site_id, reason=role, reference=address)
    )
    return operator


def new_account(address: str, password: str) -> Operator:
    """Adds an account without a role as part of the caller's transaction."""
    now = clock.now()
    operator = Operator(
        email=address,
        password=hash_password(password),
        active=True,
        fs_uniquifier=uuid.uuid4().hex,
        failed_sign_ins=0,
        created_at=now,
        password_changed_at=now,
    )
    db.session.add(operator)
    db.session.flush()
    return operator


def reset_password(email: str, password: str, *, forget_second_factor: bool = False) -> None:
    """Sets a new password, unlocks the account and ends all its sessions.

    forget_second_factor: for an operator who lost the device and the recovery codes.
    """
    address = normal_address(email)
    check_password(password, address)
    operator = _to_change(address, COMMAND_LINE)
    keep_old_password(operator)
    operator.password = hash_password(password)
    operator.password_changed_at = clock.now()
    operator.failed_sign_ins, operator.locked_until = 0, None
    operator.fs_uniquifier = uuid.uuid4().hex
    if forget_second_factor:
        operator.tf_primary_method = operator.tf_totp_secret = None
        operator.mf_recovery_codes = None
        forget_passkeys(operator.id)
    forget_sessions(operator.id)
    db.session.commit()
    reason = "second factor" if forget_second_factor else ""
    record_act(
        Act(operator=COMMAND_LINE, act="operator.reset", reason=reason, reference=operator.email)
    )


def dismiss(email: str, *, by: str = COMMAND_LINE) -> None:
    """Closes an account: its roles, its sessions and its second factor end at once.

    The row stays, so that nobody gets the same name while its history is on record. Raises
    CommandError, NotYourself and LastOwner included.
    """
    operator = _to_change(email, by)
    if not operator.active:
        db.session.rollback()
        raise CommandError(f"{operator.email} was dismissed already.")
    end_all_grants(operator, by)
    operator.active, operator.dismissed_at = False, clock.now()
    operator.fs_uniquifier = uuid.uuid4().hex
    operator.tf_primary_method = operator.tf_totp_secret = operator.mf_recovery_codes = None
    forget_passkeys(operator.id)
    forget_sessions(operator.id)
    db.session.commit()
    record_act(Act(operator=by, act="operator.dismiss", reference=operator.email))


def note_training(email: str, day: date, *, by: str = COMMAND_LINE) -> None:
    """Writes down when an operator was last trained in data protection (PIPA art. 28(2))."""
    operator = _to_change(email, by)
    operator.trained_on = day
    db.session.commit()
    record_act(
        Act(
            operator=by,
            act="operator.training",
            reason=day.isoformat(),
            reference=operator.email,
        )
    )


def all_operators() -> Sequence[Operator]:
    """Returns every account with its roles, by address."""
    query = (
        select(Operator)
        .options(selectinload(Operator.grants), selectinload(Operator.passkeys))
        .order_by(Operator.email)
    )
    return db.session.scalars(query).all()


def find_operator(operator_id: int) -> Operator:
    """Returns one account. Raises CommandError when there is none."""
    operator = db.session.get(Operator, operator_id)
    if operator is None:
        raise CommandError("There is no such account.")
    return operator


def normal_address(email: str) -> str:
    """Returns an account name as it is kept. Raises CommandError when it is no address."""
    try:
        return validate_email(email, check_deliverability=False).normalized.lower()
    except EmailNotValidError as error:
        raise CommandError(f"{email!r} is not an e-mail address: {error}") from error
