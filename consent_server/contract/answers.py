"""What bodies of answers consist of; tests compare each with what is really answered."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from consent_server.consents.schemas import Action

Sha256 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")]
Token = Annotated[str, msgspec.Meta(max_length=100)]
Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class Problem(msgspec.Struct, rename={"kind": "type"}):
    """A refusal (RFC 9457); nothing was written."""

    kind: Annotated[str, msgspec.Meta(description="An address of the catalogue, or about:blank.")]
    title: str
    status: Annotated[int, msgspec.Meta(ge=400, le=599)]
    detail: str
    request_id: Annotated[
        str, msgspec.Meta(description="Name it when you ask the operator of the service.")
    ]
    field: (
        Annotated[str, msgspec.Meta(description="Dotted name of the field or header to blame.")]
        | msgspec.UnsetType
    ) = msgspec.UNSET
    limit: (
        Annotated[int, msgspec.Meta(description="The bound that was passed.")] | msgspec.UnsetType
    ) = msgspec.UNSET


class Party(msgspec.Struct):
    """Who decides why and how data is used."""

    name: str
    contact: str


class NoticeShown(msgspec.Struct):
    """The text that stood above the choice."""

    version: int
    language: str
    sha256: Sha256


class ReceiptEvent(msgspec.Struct, rename={"action": "type"}):
    """What was done and when."""

    action: Action
    time: Instant
    valid_until: Instant


class Receipt(msgspec.Struct):
    """What was decided, in the terms of ISO/IEC TS 27560, sealed by this service."""

    schema_version: str
    record_id: UUID
    pii_principal_id: UUID
    pii_controller: Party
    notice: NoticeShown
    event: ReceiptEvent
    purposes: dict[str, bool]
    services: dict[str, bool]
    record_sha256: Sha256
    signature: str


class VisitsAfterWithdrawal(msgspec.Struct):
    """What became of the visitor's visit records, and why."""

    basis: str
    erased: bool
    reason: dict[str, str]
    until: Instant | msgspec.UnsetType = msgspec.UNSET
    law: str | msgspec.UnsetType = msgspec.UNSET


class Recorded(msgspec.Struct):
    """A decision that is on disk."""

    consent_id: UUID
    recorded_at: Instant
    valid_until: Instant
    token: Token
    receipt: Receipt
    visits: VisitsAfterWithdrawal | msgspec.UnsetType = msgspec.UNSET


class AskAgain(msgspec.Struct):
    """What the last choice does not cover any more."""

    purposes: list[str]
    services: list[str]


class CurrentConsent(msgspec.Struct):
    """A visitor's newest decision.

    in_force: whether all of it still counts. ask_again: null when it is too old.
    """

    consent_id: UUID
    action: Action
    policy_version: int
    language: str
    decisions: dict[str, bool]
    services: dict[str, bool]
    gpc: bool
    in_force: bool
    ask_again: AskAgain | None
    recorded_at: Instant
    valid_until: Instant


class Verified(msgspec.Struct):
    """Whether this service made the receipt and nobody changed it since."""

    is_genuine: bool


class CheckResult(msgspec.Struct):
    """One thing that was looked at."""

    status: Literal["ok", "degraded", "failed"]
    detail: str | msgspec.UnsetType = msgspec.UNSET


class Readiness(msgspec.Struct):
    """Whether a record can be kept here."""

    status: Literal["ok", "degraded"]
    checks: dict[str, CheckResult]


class GpcStatement(msgspec.Struct, rename={"last_update": "lastUpdate"}):
    """What the service says about Global Privacy Control."""

    gpc: bool
    last_update: date
