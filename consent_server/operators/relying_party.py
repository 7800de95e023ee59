"""This service as browsers know it when they are asked for a passkey (W3C WebAuthn, 7.1 and 7.2).

Its name and origin come from CONSENT_PUBLIC_URL, never from a request: a forged Host header gets
no answer for another name. fido2 reads and verifies; no attestation is asked for, as no make of
device is trusted more than another.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cached_property
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from consent_server.errors import CommandError
from consent_server.operators.passkey_schemas import NewPasskey, ShownPasskey

if TYPE_CHECKING:
    from fido2.server import Fido2Server

NAME: Final = "Consent Server"
ALGORITHMS: Final = (-8, -7, -257)  # EdDSA, ES256, RS256 (COSE): all that devices are made with
_DEFAULT_PORTS: Final = {"https": 443, "http": 80}
_ID_BYTES_MAX: Final = 1023  # WebAuthn 4: of a credential id

logging.getLogger("fido2").setLevel(logging.WARNING)  # it tells ids of credentials otherwise


class PasskeyRefused(CommandError):
    """What a browser sent proves nothing, or not what was asked."""


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A passkey to be. credential: its id and public key, as WebAuthn packs them."""

    credential_id: bytes
    credential: bytes
    sign_count: int
    is_synced: bool


@dataclass(frozen=True, slots=True)
class Proof:
    """What an answer proves. is_synced: copies of the passkey may be on several devices."""

    sign_count: int
    is_synced: bool


@dataclass(frozen=True)
class RelyingParty:
    """rp_id: the domain that passkeys are bound to. origin: the address that pages must have."""

    rp_id: str
    origin: str

    @classmethod
    def of(cls, public_url: str) -> RelyingParty | None:
        """Returns None where browsers have no passkeys: without https, without a domain."""
        url = urlsplit(public_url)
        try:
            host = (url.hostname or "").encode("idna").decode()
        except UnicodeError:
            return None
        is_local = host == "localhost" or host.endswith(".localhost")
        if _is_address(host) or not (url.scheme == "https" or is_local):
            return None
        port = url.port if url.port != _DEFAULT_PORTS.get(url.scheme) else None
        return cls(host, f"{url.scheme}://{host}" + (f":{port}" if port else ""))

    def enrolled(self, challenge: bytes, new: NewPasskey) -> Enrolled:
        """Returns the passkey that a browser made. Raises PasskeyRefused."""
        from fido2 import webauthn

        try:
            client_data = webauthn.CollectedClientData(new.client_data)
            attestation = webauthn.AttestationObject(new.attestation)
            found = attestation.auth_data.credential_data
            assert found is not None
            answer = webauthn.AuthenticatorAttestationResponse(
                client_data=client_data, attestation_object=attestation
            )
            self._server.register_complete(
                _state(challenge),
                webauthn.RegistrationResponse(raw_id=found.credential_id, response=answer),
            )
            assert found.public_key.ALGORITHM in ALGORITHMS
            assert 1 <= len(found.credential_id) <= _ID_BYTES_MAX
            assert not client_data.cross_origin
        except Exception as error:  # whatever a reader of hostile bytes raises: it is no passkey
            raise PasskeyRefused("The browser made no passkey for this service.") from error
        data = attestation.auth_data
        return Enrolled(found.credential_id, bytes(found), data.counter, data.is_backup_eligible())

    def proof(
        self, challenge: bytes, credential: bytes, shown: ShownPasskey, *, is_alone: bool
    ) -> Proof:
        """Returns what an answer proves about a passkey. Raises PasskeyRefused.

        credential: as in Enrolled. is_alone: nothing else was proved, so the device must have
        asked for a finger, a face or a PIN.
        """
        from fido2 import webauthn

        try:
            client_data = webauthn.CollectedClientData(shown.client_data)
            data = webauthn.AuthenticatorData(shown.authenticator_data)
            answer = webauthn.AuthenticatorAssertionResponse(
                client_data=client_data, authenticator_data=data, signature=shown.signature
            )
            self._server.authenticate_complete(
                _state(challenge, is_alone=is_alone),
                [webauthn.AttestedCredentialData(credential)],
                webauthn.AuthenticationResponse(raw_id=shown.credential_id, response=answer),
            )
            assert not client_data.cross_origin
        except Exception as error:  # as above
            raise PasskeyRefused("The passkey did not prove what was asked.") from error
        return Proof(data.counter, data.is_backup_eligible())

    @cached_property
    def _server(self) -> Fido2Server:
        from fido2.server import (
            Fido2Server,  # reads a list of all domains, which few processes need
        )
        from fido2.webauthn import PublicKeyCredentialRpEntity

        entity = PublicKeyCredentialRpEntity(name=NAME, id=self.rp_id)
        return Fido2Server(entity, verify_origin=lambda origin: origin == self.origin)


def _state(challenge: bytes, *, is_alone: bool = False) -> dict[str, Any]:
    """Returns what fido2 keeps from a question to its answer."""
    from fido2.utils import websafe_encode

    wanted = "required" if is_alone else None
    return {"challenge": websafe_encode(challenge), "user_verification": wanted}


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return not host
    return True
