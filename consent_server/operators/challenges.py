"""What a passkey signs: random bytes, made for one use, one account and one browser.

They go with the form, signed, so that two tabs do not disturb each other and nothing is stored for
whoever only opens the sign-in page. Taken once: see passkeys.prove.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec
from flask import session
from flask_wtf.csrf import generate_csrf
from itsdangerous import BadSignature, URLSafeSerializer

from consent_server import clock
from consent_server.operators.policy import settings_in_force
from consent_server.operators.relying_party import PasskeyRefused

Use = Literal["alone", "second", "confirm", "enrol"]
ANSWERED_WITHIN: Final = timedelta(minutes=15)
_SALT: Final = "consent-server:passkey"
_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Challenge:
    """value: what is signed. token: what goes with the form."""

    value: bytes
    made_at: datetime
    token: str


class _Kept(msgspec.Struct, frozen=True, array_like=True):
    use: str
    account: str
    browser: str
    made_at: datetime
    value: bytes


def make_challenge(use: Use, account: str = "") -> Challenge:
    """Returns a challenge for the browser of the present request.

    account: fs_uniquifier of whose passkey is asked for, "" for anybody's.
    """
    generate_csrf()  # the browser's own secret is there from now on
    kept = _Kept(use, account, _browser(), clock.now(), secrets.token_bytes(_BYTES))
    return Challenge(kept.value, kept.made_at, _signer().dumps(msgspec.to_builtins(kept)))


def read_challenge(token: str, use: Use, account: str = "") -> Challenge:
    """Returns the challenge that a form brings back.

    Raises PasskeyRefused when it was made for something, somebody or some browser else, or long
    ago.
    """
    try:
        kept = msgspec.convert(_signer().loads(token), _Kept)
    except (BadSignature, msgspec.ValidationError) as error:
        raise PasskeyRefused("This question was not asked here.") from error
    if (kept.use, kept.account, kept.browser) != (use, account, _browser()):
        raise PasskeyRefused("This question was asked for something else.")
    if clock.now() - kept.made_at > ANSWERED_WITHIN:
        raise PasskeyRefused("This question was asked too long ago.")
    return Challenge(kept.value, kept.made_at, token)


def _browser() -> str:
    """Returns the hash of what only this browser's session knows."""
    return hashlib.sha256(str(session.get("csrf_token", "")).encode()).hexdigest()


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(
        settings_in_force().secret_key,
        salt=_SALT,
        signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
    )
