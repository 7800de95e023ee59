"""Verbs about passkeys (WebAuthn): added, shown, removed; each is one transaction.

An answer is taken once: the question that it answers must be younger than the last one taken, and
the device's own count, where it keeps one, must have grown. A wrong answer counts as a wrong
password does; which credential exists is told to nobody.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import delete, func, select

from consent_server import clock
from consent_server.audit.services import Act, record_act
from consent_server.operators.alone import alone_with
from consent_server.operators.challenges import Challenge, Use
from consent_server.operators.models import Operator
from consent_server.operators.passkey_models import Passkey
from consent_server.operators.passkey_schemas import NewPasskey, ShownPasskey, read_answer
from consent_server.operators.policy import settings_in_force
from consent_server.operators.relying_party import PasskeyRefused, RelyingParty
from consent_server.operators.rules import may_lose_factor
from consent_server.operators.sessions import forget_other_sessions
from consent_server.storage.database import db

UNKNOWN_ACCOUNT: Final = "unknown account"  # what was typed may be a password or a stranger
PASSKEYS_MAX: Final = 20  # of one operator
NAME_CHARACTERS: Final = 80
_ACTS: Final[dict[Use, str]] = {
    "alone": "passkey.use",
    "second": "passkey.use",
    "confirm": "passkey.confirm",
}


class NameRefused(PasskeyRefused):
    """A name is missing, too long, or that of another passkey of the operator."""


class CountedBackwards(PasskeyRefused):
    """A device's count of uses did not grow: somebody may have a copy of it (WebAuthn 6.1.1)."""


class TooMany(PasskeyRefused):
    """An operator has as many passkeys as one may have."""


class LastFactor(PasskeyRefused):
    """Without this passkey the operator would have no second factor, and needs one."""


def relying_party() -> RelyingParty | None:
    """Returns this service as browsers know it; None where they have no passkeys for it."""
    return RelyingParty.of(settings_in_force().public_url)


def passkeys_of(operator_id: int) -> Sequence[Passkey]:
    """Returns an operator's passkeys, the oldest first."""
    query = select(Passkey).where(Passkey.operator_id == operator_id).order_by(Passkey.id)
    return db.session.scalars(query).all()


def add_passkey(
    user: Any,
    name: str,
    challenge: Challenge,
    source: str,
    *,
    session: str = "",
    is_first: bool = False,
) -> None:
    """Gives an account a passkey; all its sessions but one end.

    source: what the browser answered. session: name of the session that stays. is_first: refused
    when there is a second factor already. Raises PasskeyRefused, NameRefused and TooMany included.
    """
    new = read_answer(source, NewPasskey)
    party = relying_party()
    if new is None or party is None:
        raise PasskeyRefused("The browser made no passkey.")
    name, enrolled = " ".join(name.split()), party.enrolled(challenge.value, new)
    operator = alone_with(user)
    _check_new(operator, name, enrolled.credential_id, is_first=is_first)
    db.session.add(
        Passkey(
            operator_id=operator.id,
            name=name,
            credential_sha256=_hash(enrolled.credential_id),
            credential=enrolled.credential,
            user_handle=user_handle(operator.id),
            transports=" ".join(new.known_transports),
            is_synced=enrolled.is_synced,
            sign_count=enrolled.sign_count,
            created_at=clock.now(),
        )
    )
    forget_other_sessions(operator.id, session)
    db.session.commit()
    db.session.refresh(operator)
    record_act(Act(operator=operator.email, act="passkey.add", reference=name))


def prove(use: Use, challenge: Challenge, source: str, user: Any = None) -> Operator:
    """Returns whose passkey answered a question; the answer is used up, on disk at once.

    source: what the browser answered. user: the account that was asked for; None (use `alone`)
    where the passkey says whose it is. Raises PasskeyRefused.
    """
    shown = read_answer(source, ShownPasskey)
    passkey_id, owner_id = _known(shown) if shown else (0, 0)
    asked: Operator | None = getattr(user, "_get_current_object", lambda: user)()
    if shown is None or not passkey_id or (asked is not None and asked.id != owner_id):
        _tell_failure(asked)
        raise PasskeyRefused("No such passkey.")
    operator = alone_with(asked or db.session.get_one(Operator, owner_id))
    if not operator.active or operator.is_locked():
        email = operator.email
        db.session.rollback()
        record_act(Act(operator=email, act="sign-in.failed"))
        raise PasskeyRefused("This account takes no sign-in now.")
    try:
        passkey = _take(passkey_id, use, challenge, shown)
    except PasskeyRefused as error:
        _tell_failure(operator, counted_backwards=isinstance(error, CountedBackwards))
        raise
    name = passkey.name
    db.session.commit()
    record_act(Act(operator=operator.email, act=_ACTS[use], reference=name))
    return operator


def remove_passkey(user: Any, passkey_id: int, typed_name: str, session: str) -> None:
    """Removes a passkey whose name was typed; all sessions but one end.

    Raises PasskeyRefused: NameRefused when another name was typed, LastFactor.
    """
    operator = alone_with(user)
    passkeys = list(passkeys_of(operator.id))
    passkey = next((each for each in passkeys if each.id == passkey_id), None)
    if passkey is None:
        db.session.rollback()
        raise PasskeyRefused("This passkey was removed already.")
    if typed_name != passkey.name:
        db.session.rollback()
        raise NameRefused("The name of the passkey was not typed.")
    others = len(passkeys) - 1 + operator.has_app
    if not may_lose_factor(operator.held, settings_in_force().second_factor_policy, others):
        db.session.rollback()
        raise LastFactor("The last second factor stays: set up another one first.")
    db.session.delete(passkey)
    forget_other_sessions(operator.id, session)
    db.session.commit()
    record_act(Act(operator=operator.email, act="passkey.remove", reference=typed_name))


def forget_passkeys(operator_id: int) -> None:
    """Removes all passkeys of an operator as part of the caller's transaction."""
    db.session.execute(delete(Passkey).where(Passkey.operator_id == operator_id))


def user_handle(operator_id: int) -> bytes:
    """Returns what a new passkey calls its owner: the same for all, so that none is made twice."""
    secret = settings_in_force().secret_key.encode()
    return hmac.digest(secret, f"consent-server:passkey:{operator_id}".encode(), "sha256")


def _check_new(operator: Operator, name: str, credential_id: bytes, *, is_first: bool) -> None:
    present = passkeys_of(operator.id)
    query = select(func.count()).where(Passkey.credential_sha256 == _hash(credential_id))
    error: PasskeyRefused | None = None
    if not operator.active or operator.is_locked():
        error = PasskeyRefused("This account takes no passkey now.")
    elif is_first and operator.has_second_factor:
        error = PasskeyRefused("There is a second factor already.")
    elif len(present) >= PASSKEYS_MAX:
        error = TooMany(f"An operator has at most {PASSKEYS_MAX} passkeys.")
    elif not 1 <= len(name) <= NAME_CHARACTERS or not name.isprintable():
        error = NameRefused(f"A passkey needs a name of 1 to {NAME_CHARACTERS} characters.")
    elif name.casefold() in {each.name.casefold() for each in present}:
        error = NameRefused("There is a passkey of this name already.")
    elif db.session.scalar(query):
        error = PasskeyRefused("This passkey is known already.")
    if error is not None:
        db.session.rollback()
        raise error


def _known(shown: ShownPasskey) -> tuple[int, int]:
    """Returns row number and owner of the passkey that answered, zeros when it is unknown."""
    query = select(Passkey.id, Passkey.operator_id).where(
        Passkey.credential_sha256 == _hash(shown.credential_id)
    )
    found = db.session.execute(query).one_or_none()
    return (found.id, found.operator_id) if found else (0, 0)


def _take(passkey_id: int, use: Use, challenge: Challenge, shown: ShownPasskey) -> Passkey:
    """Checks an answer and notes it as taken, once the account is ours alone."""
    party = relying_party()
    passkey = db.session.get(Passkey, passkey_id, populate_existing=True)
    if party is None or passkey is None:
        raise PasskeyRefused("There is no such passkey, or no passkeys at all.")
    is_named = shown.user_handle is not None
    if (use == "alone" or is_named) and shown.user_handle != passkey.user_handle:
        raise PasskeyRefused("The passkey is somebody else's.")
    if passkey.challenge_at is not None and challenge.made_at <= passkey.challenge_at:
        raise PasskeyRefused("This question was answered already.")
    proof = party.proof(challenge.value, passkey.credential, shown, is_alone=use != "second")
    if (proof.sign_count or passkey.sign_count) and proof.sign_count <= passkey.sign_count:
        raise CountedBackwards("The device counts backwards: there may be a copy of it.")
    passkey.sign_count, passkey.is_synced = proof.sign_count, proof.is_synced
    passkey.challenge_at, passkey.used_at = challenge.made_at, clock.now()
    return passkey


def _tell_failure(operator: Operator | None, *, counted_backwards: bool = False) -> None:
    """Counts a wrong answer, as wrong passwords are, or tells of a stranger."""
    if operator is None:
        db.session.rollback()
        record_act(Act(operator=UNKNOWN_ACCOUNT, act="sign-in.failed"))
        return
    operator.track_failed_authn("passkey")
    if counted_backwards:
        record_act(Act(operator=operator.email, act="passkey.backwards"))


def _hash(credential_id: bytes) -> str:
    return hashlib.sha256(credential_id).hexdigest()
