"""Verbs about operators; each is one transaction on the main database."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Sequence
from typing import Final

from email_validator import EmailNotValidError, validate_email
from flask_security import hash_password
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from consent_server import clock
from consent_server.audit.services import COMMAND_LINE, Act, record_act
from consent_server.errors import CommandError
from consent_server.operators.models import Operator, Role
from consent_server.operators.sign_in import PASSWORD_LENGTH_MIN
from consent_server.storage.database import begin_write, db

ROLES: Final = ("owner", "handler", "viewer")


def new_password() -> str:
    """Returns a random password of 120 bits."""
    return secrets.token_urlsafe(15)


def add_operator(email: str, password: str, role: str = "owner") -> Operator:
    """Adds an account. Raises CommandError for a bad address, password, role or a known account."""
    address = _address(email)
    _check(password, role)
    begin_write()
    if db.session.scalar(select(Operator.id).where(Operator.email == address)) is not None:
        db.session.rollback()
        raise CommandError(f"{address} has an account already; see `operators reset`.")
    now = clock.now()
    operator = Operator(
        email=address,
        password=hash_password(password),
        active=True,
        fs_uniquifier=uuid.uuid4().hex,
        failed_sign_ins=0,
        created_at=now,
        password_changed_at=now,
        roles=[_role(role)],
    )
    db.session.add(operator)
    db.session.commit()
    record_act(Act(operator=COMMAND_LINE, act="operator.add", reason=role, reference=address))
    return operator


def reset_password(email: str, password: str) -> None:
    """Sets a new password, unlocks the account and ends all its sessions."""
    _check(password, "owner")
    begin_write()
    operator = db.session.scalar(select(Operator).where(Operator.email == _address(email)))
    if operator is None:
        db.session.rollback()
        raise CommandError(f"{email} has no account; see `operators list`.")
    operator.password = hash_password(password)
    operator.password_changed_at = clock.now()
    operator.failed_sign_ins, operator.locked_until = 0, None
    operator.fs_uniquifier = uuid.uuid4().hex
    db.session.commit()
    record_act(Act(operator=COMMAND_LINE, act="operator.reset", reference=operator.email))


def all_operators() -> Sequence[Operator]:
    """Returns every account with its roles, by address."""
    query = select(Operator).options(selectinload(Operator.roles)).order_by(Operator.email)
    return db.session.scalars(query).all()


def _role(name: str) -> Role:
    role = db.session.scalar(select(Role).where(Role.name == name))
    return role or Role(name=name)


def _address(email: str) -> str:
    try:
        return validate_email(email, check_deliverability=False).normalized.lower()
    except EmailNotValidError as error:
        raise CommandError(f"{email!r} is not an e-mail address: {error}") from error


def _check(password: str, role: str) -> None:
    if role not in ROLES:
        raise CommandError(f"{role!r} is no role; use one of {', '.join(ROLES)}.")
    if len(password) < PASSWORD_LENGTH_MIN:
        raise CommandError(f"A password needs at least {PASSWORD_LENGTH_MIN} characters.")
