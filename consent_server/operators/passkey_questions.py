"""What our script asks the browser (WebAuthn 5.4 and 5.5), as JSON with bytes in base64."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from flask import Flask

from consent_server.operators.challenges import Challenge, Use, make_challenge
from consent_server.operators.models import Operator
from consent_server.operators.passkey_models import Passkey
from consent_server.operators.passkeys import relying_party, user_handle
from consent_server.operators.relying_party import ALGORITHMS, NAME, RelyingParty

_VERIFIED: Final[dict[Use, str]] = {  # whether the device asks for a finger, a face or a PIN
    "alone": "required",
    "confirm": "required",
    "second": "discouraged",  # the password was right already
    "enrol": "preferred",
}


@dataclass(frozen=True, slots=True)
class Question:
    """options: for the browser. token: comes back with the answer. origin: where it is asked."""

    options: str
    token: str
    origin: str


def init_app(app: Flask) -> None:
    """Lets templates ask."""
    app.jinja_env.globals.update(
        passkey_question=passkey_question, has_passkeys=lambda: relying_party() is not None
    )


def passkey_question(use: Use, user: Any = None) -> Question | None:
    """Returns a question, None where browsers have no passkeys for this service.

    user: who is asked; None (use `alone`): whoever has a passkey for this service.
    """
    party = relying_party()
    if party is None:
        return None
    operator: Operator | None = getattr(user, "_get_current_object", lambda: user)()
    challenge = make_challenge(use, operator.fs_uniquifier if operator else "")
    if use == "enrol":
        assert operator is not None
        options = _to_make_one(party, challenge, operator)
    else:
        options = _to_show_one(party, challenge, use, operator.passkeys if operator else ())
    return Question(msgspec.json.encode(options).decode(), challenge.token, party.origin)


def _to_show_one(
    party: RelyingParty, challenge: Challenge, use: Use, passkeys: Iterable[Passkey]
) -> dict[str, Any]:
    return {
        "challenge": challenge.value,
        "rpId": party.rp_id,
        "userVerification": _VERIFIED[use],
        "allowCredentials": _named(passkeys),
    }


def _to_make_one(party: RelyingParty, challenge: Challenge, operator: Operator) -> dict[str, Any]:
    named = {"name": operator.email, "displayName": operator.email}
    return {
        "challenge": challenge.value,
        "rp": {"id": party.rp_id, "name": NAME},
        "user": {"id": user_handle(operator.id), **named},
        "pubKeyCredParams": [{"type": "public-key", "alg": alg} for alg in ALGORITHMS],
        "excludeCredentials": _named(operator.passkeys),
        "authenticatorSelection": {
            "residentKey": "preferred",
            "userVerification": _VERIFIED["enrol"],
        },
        "attestation": "none",
    }


def _named(passkeys: Iterable[Passkey]) -> list[dict[str, Any]]:
    return [
        {
            "type": "public-key",
            "id": passkey.credential_id,
            "transports": passkey.transports.split(),
        }
        for passkey in passkeys
    ]
