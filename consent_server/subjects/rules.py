"""What a choice on the page decides, and whether an earlier one still counts. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from consent_server.subjects.schemas import PageAction


@dataclass(frozen=True, slots=True, kw_only=True)
class LastDecision:
    """The newest consent record of a visitor, as far as the page tells it."""

    consent_id: UUID
    action: str
    policy_version: int
    decisions: Mapping[str, bool]
    services: Mapping[str, bool]
    recorded_at: datetime
    valid_until: datetime

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> LastDecision:
        """Picks the facts out of a stored record."""
        return cls(**{name: record[name] for name in cls.__slots__})

    @property
    def grants_something(self) -> bool:
        """Whether there is anything to withdraw."""
        return True in self.decisions.values() or True in self.services.values()

    def is_in_force(self, version: int, now: datetime) -> bool:
        """Whether it counts today: made for this version and not too old, as in the banner."""
        return self.policy_version == version and now < self.valid_until


def decided(
    action: PageAction, purposes: Collection[str], switched_on: Collection[str]
) -> dict[str, bool]:
    """Returns the decision for each purpose of the notice that was shown.

    switched_on: a key that the notice does not have stays in, so that consents.rules names it.
    """
    decisions = dict.fromkeys(purposes, action == "accept_all")
    return decisions | dict.fromkeys(switched_on, True) if action == "customise" else decisions
