"""Everything that is held about one visitor, as that visitor is told it (PIPA art. 35, decree 41).

The file and the page say the same. Pure: what is read from where is decided in `access`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from consent_server.subjects.shown import Shown

Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class Use(msgspec.Struct, frozen=True):
    """Why data is used, if it is allowed. standing: what holds for it now."""

    purpose: str
    name: str
    text: str
    standing: Literal["granted", "refused", "undecided"]


class Recipient(msgspec.Struct, frozen=True):
    """Who is given data. kind: a service by its purpose, or a processor by what it is told to do.

    who: the legal party behind a service, the country of a processor.
    """

    kind: Literal["service", "processor"]
    name: str
    who: str
    does: str
    stores: str = ""
    keeps: str = ""


class KeptFor(msgspec.Struct, frozen=True):
    """One line of the retention table, by which this service destroys records."""

    record: str
    period: str
    counts_from: str
    reason: str
    basis: str
    way: str


class HeldDecision(msgspec.Struct, frozen=True):
    """One decision, with its sealed receipt."""

    consent_id: UUID
    recorded_at: Instant
    valid_until: Instant
    action: str
    policy_version: int
    language: str
    text_sha256: str
    decisions: dict[str, bool]
    services: dict[str, bool]
    layer: str
    trusted: bool
    gpc: bool
    receipt: dict[str, Any]

    @classmethod
    def of(cls, record: Mapping[str, Any], receipt: dict[str, Any]) -> HeldDecision:
        """Picks the facts out of a stored record."""
        names = [name for name in cls.__struct_fields__ if name != "receipt"]
        return cls(**{name: record[name] for name in names}, receipt=receipt)


class HeldVisit(msgspec.Struct, frozen=True):
    """One visit, decrypted. gone_at: when it is destroyed; is_archived: kept only until then."""

    visit_id: UUID
    recorded_at: Instant
    gone_at: Instant
    is_archived: bool
    address: str
    path: str
    referrer: str
    device_class: str
    browser: str
    browser_version: str
    system: str
    system_version: str
    device: str
    user_agent: str


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What is told about a visitor beside the records themselves, in one language."""

    site: str
    controller: str
    contact: str
    visitor_id: UUID
    made_at: Instant
    language: str
    visit_basis: str
    uses: list[Use]
    recipients: list[Recipient]
    kept_for: list[KeptFor]
    left_out: str


class MyData(Told, frozen=True, kw_only=True):
    """Everything that is held about a visitor of a site, newest first."""

    decisions: list[HeldDecision]
    visits: list[HeldVisit]


def uses_of(shown: Shown) -> list[Use]:
    """Returns every optional purpose of the notice in force and what holds for it."""
    answers = {True: "granted", False: "refused", None: "undecided"}
    return [
        Use(one["key"], one["name"], one["text"], answers[shown.answer(one["key"])])  # type: ignore[arg-type]
        for one in shown.purposes
    ]


def recipients_of(shown: Shown) -> list[Recipient]:
    """Returns who is named in the notice in force: services by purpose, then processors."""
    names = {one["key"]: one["name"] for one in shown.purposes}
    names["necessary"] = shown.texts["necessary"]
    services = [
        Recipient(
            "service", one["name"], one["vendor"], names.get(one["purpose"], one["purpose"]),
            one["stores"], one["keeps"],
        )
        for one in shown.services
    ]  # fmt: skip
    return services + [
        Recipient("processor", one["name"], one.get("country", ""), one["tasks"])
        for one in shown.processors
    ]
