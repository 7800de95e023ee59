"""What our script sends of a browser's answer (static/admin/passkeys.js): JSON, bytes as base64."""

from __future__ import annotations

from typing import Annotated, Final, TypeVar

import msgspec

_Part = Annotated[bytes, msgspec.Meta(min_length=1, max_length=8192)]
_CHARACTERS_MAX: Final = 65_536
TRANSPORTS: Final = ("ble", "hybrid", "internal", "nfc", "smart-card", "usb")


class NewPasskey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A passkey that a device has just made. transports: ways to reach it, for later questions."""

    client_data: _Part
    attestation: _Part
    transports: Annotated[tuple[str, ...], msgspec.Meta(max_length=16)] = ()

    @property
    def known_transports(self) -> tuple[str, ...]:
        """Those that we know; the rest is left out, as WebAuthn 5.8.4 wants it."""
        return tuple(name for name in TRANSPORTS if name in self.transports)


class ShownPasskey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A passkey's answer. user_handle: whose it is, as the device says."""

    credential_id: _Part
    client_data: _Part
    authenticator_data: _Part
    signature: _Part
    user_handle: Annotated[bytes, msgspec.Meta(max_length=64)] | None = None


Answer = TypeVar("Answer", NewPasskey, ShownPasskey)


def read_answer(source: str, kind: type[Answer]) -> Answer | None:
    """Returns a browser's answer, None when it is none."""
    if len(source) > _CHARACTERS_MAX:
        return None
    try:
        return msgspec.json.decode(source, type=kind)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
