"""A security key, as an operator plugs it in (WebAuthn Level 2, 6): it keeps what it signs with.

It signs whatever page asks it, also for the wrong address: browsers refuse that, an attacker does
not.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from html import unescape
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cose, webauthn
from sqlalchemy import select
from werkzeug.test import TestResponse

from consent_server import clock
from consent_server.operators.models import Operator
from consent_server.operators.passkey_models import Passkey
from consent_server.operators.passkeys import user_handle
from consent_server.storage.database import db
from support.console import Console

ORIGIN = "http://localhost:8000"
FIRST = "/admin/sign-in/passkey/new"
SECOND = "/admin/sign-in/passkey/second"
ALONE = "/admin/sign-in/passkey"
ADD = "/admin/account/passkeys/new"
CONFIRM = "/admin/confirm"
_OPTIONS = re.compile(r'data-passkey="([^"]+)"')
_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
_CHALLENGE = re.compile(r'name="challenge" value="([^"]+)"')


@dataclass
class SecurityKey:
    """One device. origin, rp_id: where its browser believes to be. verifies: asks for a PIN."""

    origin: str = ORIGIN
    rp_id: str = "localhost"
    verifies: bool = True
    count: int = 0
    counts: bool = True
    id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    owner: bytes = b""
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    @property
    def credential(self) -> bytes:
        """Its id and public key, as it makes them known."""
        public = cose.ES256.from_cryptography_key(self.key.public_key())  # type: ignore[no-untyped-call]
        return webauthn.AttestedCredentialData.create(bytes(16), self.id, public)

    def make(self, options: dict[str, Any]) -> dict[str, Any]:
        """Makes its key pair known, as a browser hands it on."""
        self.owner = b64decode(options["user"]["id"])
        data = self._data(webauthn.AuthenticatorData.FLAG.AT, self.credential)
        attestation = webauthn.AttestationObject.create("none", data, {})
        return {
            "client_data": _text(self._client_data("webauthn.create", options)),
            "attestation": _text(attestation),
            "transports": ["usb", "of-tomorrow"],
        }

    def show(self, options: dict[str, Any]) -> dict[str, Any]:
        """Signs a challenge."""
        self.count += self.counts
        client_data, data = self._client_data("webauthn.get", options), self._data()
        signed = data + hashlib.sha256(client_data).digest()
        return {
            "credential_id": _text(self.id),
            "client_data": _text(client_data),
            "authenticator_data": _text(data),
            "signature": _text(self.key.sign(signed, ec.ECDSA(hashes.SHA256()))),
            "user_handle": _text(self.owner),
        }

    def _data(self, flags: int = 0, credential: bytes = b"") -> webauthn.AuthenticatorData:
        known = webauthn.AuthenticatorData.FLAG
        flags |= known.UP | (known.UV if self.verifies else 0)
        return webauthn.AuthenticatorData.create(  # type: ignore[no-any-return]
            hashlib.sha256(self.rp_id.encode()).digest(), known(flags), self.count, credential
        )

    def _client_data(self, kind: str, options: dict[str, Any]) -> bytes:
        challenge = b64decode(options["challenge"])
        return bytes(webauthn.CollectedClientData.create(kind, challenge, self.origin))


@dataclass(frozen=True)
class Asked:
    """What a page asks a browser for."""

    options: dict[str, Any]
    fields: dict[str, str]


def asked_on(console: Console, page: str) -> Asked:
    """Opens a page with a passkey form and returns its question."""
    text = console.get(page).text
    options, challenge, token = (each.search(text) for each in (_OPTIONS, _CHALLENGE, _TOKEN))
    assert options, f"no passkey is asked for on {page}"
    assert challenge
    assert token
    fields = {"challenge": unescape(challenge[1]), "csrf_token": token[1]}
    return Asked(json.loads(unescape(options[1])), fields)


def answer(
    console: Console, asked: Asked, credential: dict[str, Any], path: str, **fields: str
) -> TestResponse:
    """Sends what a device answered."""
    form = asked.fields | fields | {"credential": json.dumps(credential)}
    return console.client.post(path, data=form)


def add(
    console: Console, key: SecurityKey, page: str = ADD, name: str = "blue key"
) -> TestResponse:
    """Adds a key on a page that offers it."""
    asked = asked_on(console, page)
    return answer(console, asked, key.make(asked.options), page, name=name)


def give(console: Console, key: SecurityKey) -> None:
    """Gives an account a key and recovery codes without a browser, as after its first sign-in."""
    with console.app.app_context():
        operator = db.session.scalars(select(Operator).filter_by(email=console.email)).one()
        key.owner = user_handle(operator.id)
        db.session.add(
            Passkey(
                operator_id=operator.id, name="blue key", credential=bytes(key.credential),
                credential_sha256=hashlib.sha256(key.id).hexdigest(), user_handle=key.owner,
                transports="usb", is_synced=False, sign_count=0, created_at=clock.now(),
            )
        )  # fmt: skip
        operator.mf_recovery_codes = ["kept in a safe"]
        db.session.commit()


def show(
    console: Console, key: SecurityKey, page: str = SECOND, to: str = "", **fields: str
) -> TestResponse:
    """Shows a key on a page that asks for it. to: where the answer goes, if not to the page."""
    asked = asked_on(console, page)
    return answer(console, asked, key.show(asked.options), to or page, **fields)


def _text(data: bytes) -> str:
    return b64encode(data).decode()
