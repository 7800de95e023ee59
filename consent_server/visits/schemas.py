"""A visit as the banner reports it, and the part of it that is encrypted."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec

_Short = Annotated[str, msgspec.Meta(max_length=100)]


class Hints(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """User-agent client hints, when the page may read them."""

    platform: _Short = ""
    platformVersion: _Short = ""  # noqa: N815  # the name of the web standard
    model: _Short = ""
    mobile: bool = False


class VisitReport(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One page view, as sent; address, device and time are taken from the request itself."""

    site: Annotated[str, msgspec.Meta(max_length=12)]
    visit_id: UUID
    path: Annotated[str, msgspec.Meta(max_length=2000)]
    referrer: Annotated[str, msgspec.Meta(max_length=2000)] | None = None
    visitor: _Short | None = None
    hints: Hints | None = None


class Payload(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is encrypted: everything about the person behind a visit."""

    ip: str
    path: str
    referrer: str = ""
    visitor: str = ""
    browser: str = ""
    browser_version: str = ""
    system: str = ""
    system_version: str = ""
    device: str = ""
    is_bot: bool = False
    user_agent: str = ""


decoder = msgspec.json.Decoder(VisitReport)
payload_decoder = msgspec.json.Decoder(Payload)
