"""Which passwords are taken: long, not to be guessed, not one of the last five.

zxcvbn knows 30,000 of the most used passwords, words and names of several languages, and patterns
of the keyboard; a list of breached passwords may be named in the settings. All offline: no
password, nor a part of its hash, ever leaves this machine.
Law: Safety Standard art. 5; the privacy policy's promise of regular renewal (S42).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from flask import Flask
from flask_security import PasswordUtil, verify_password
from sqlalchemy import delete, select

from consent_server import clock
from consent_server.errors import CommandError
from consent_server.operators.breached import is_breached
from consent_server.operators.models import OldPassword, Operator
from consent_server.operators.policy import settings_in_force
from consent_server.storage.database import db

PASSWORD_LENGTH_MIN: Final = 12
PASSWORD_LENGTH_MAX: Final = 128
REUSE_REFUSED: Final = 5  # the present one and the four before it
_STRENGTH_MIN: Final = 3  # of 4: more than 10^8 guesses
_LOOKED_AT: Final = 72  # characters; zxcvbn takes no more
_OWN_WORDS: Final = ["consent", "server", "console"]


def password_error(password: str, email: str) -> str | None:
    """Returns what is wrong with a new password of an account, None if nothing is."""
    if len(password) < PASSWORD_LENGTH_MIN:
        return f"A password needs at least {PASSWORD_LENGTH_MIN} characters."
    if len(password) > PASSWORD_LENGTH_MAX:
        return f"A password has at most {PASSWORD_LENGTH_MAX} characters."
    from zxcvbn import zxcvbn  # loading its lists takes 0.1 s, which most processes need not pay

    words = [*_OWN_WORDS, email, *email.replace("@", ".").split(".")]
    if zxcvbn(password[:_LOOKED_AT], user_inputs=words)["score"] < _STRENGTH_MIN:
        return "This password is easily guessed; use a longer phrase of uncommon words."
    return None


def check_password(password: str, email: str) -> None:
    """Raises CommandError when a password is not taken."""
    if error := password_error(password, email) or _breach_error(password):
        raise CommandError(error)


def _breach_error(password: str) -> str | None:
    """Returns what a list of breached passwords says; with an unreadable one, none is taken."""
    path = settings_in_force().breached_passwords
    try:
        is_known = bool(path) and is_breached(password, Path(path))
    except OSError:
        return "The list of breached passwords cannot be read; see CONSENT_BREACHED_PASSWORDS."
    return "This password was seen in a breach; use another one." if is_known else None


class PasswordRules(PasswordUtil):
    """The rules where Flask-Security asks for them."""

    def __init__(self, app: Flask) -> None:
        super().__init__(app)

    def validate(
        self, password: str, is_register: bool, **kwargs: Any
    ) -> tuple[list[str] | None, str]:
        """Returns what is wrong, as a list or None, and the password in its normal form."""
        operator: Operator = kwargs["user"]
        normal = self.normalize(password)
        error = password_error(normal, operator.email) or _breach_error(normal)
        if error is None and _was_had(operator, normal):
            error = "This password was used before."
        return ([error] if error else None), normal


def keep_old_password(operator: Operator) -> None:
    """Remembers the present password before another takes over, as part of the transaction."""
    db.session.add(
        OldPassword(operator_id=operator.id, password=operator.password, replaced_at=clock.now())
    )
    db.session.flush()
    kept = [old.id for old in _old_passwords(operator)]
    db.session.execute(
        delete(OldPassword).where(
            OldPassword.operator_id == operator.id, OldPassword.id.not_in(kept)
        )
    )


def _was_had(operator: Operator, password: str) -> bool:
    hashes = [operator.password, *(old.password for old in _old_passwords(operator))]
    return any(verify_password(password, known) for known in hashes)


def _old_passwords(operator: Operator) -> list[OldPassword]:
    query = (
        select(OldPassword)
        .where(OldPassword.operator_id == operator.id)
        .order_by(OldPassword.id.desc())
        .limit(REUSE_REFUSED - 1)
    )
    return list(db.session.scalars(query))
