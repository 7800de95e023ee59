"""What a choice on the page decides, and whether an earlier one still counts. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from consent_server.policies.material import Asked
from consent_server.subjects.schemas import PageAction


@dataclass(frozen=True, slots=True, kw_only=True)
class LastDecision:
    """The newest consent record of a visitor, as far as the page tells it.

    asked: what of it must be asked again, by the same rule as in the banner; None when nothing of
    it counts today.
    """

    consent_id: UUID
    action: str
    policy_version: int
    decisions: Mapping[str, bool]
    services: Mapping[str, bool]
    recorded_at: datetime
    asked: Asked | None

    @classmethod
    def of(cls, record: Mapping[str, Any], asked: Asked | None) -> LastDecision:
        """Picks the facts out of a stored record."""
        return cls(
            consent_id=record["consent_id"],
            action=record["action"],
            policy_version=record["policy_version"],
            decisions=record["decisions"],
            services=record["services"],
            recorded_at=record["recorded_at"],
            asked=asked,
        )

    @property
    def is_in_force(self) -> bool:
        """Whether it counts today, if not all of it."""
        return self.asked is not None

    @property
    def grants_something(self) -> bool:
        """Whether there is anything to withdraw."""
        return True in self.decisions.values() or True in self.services.values()


def takes_visits_back(action: str, decisions: Mapping[str, bool], needed: str | None) -> bool:
    """Whether a decision also asks that the visitor's visit records go.

    needed: the purpose without which none are kept; None where they have another basis.
    """
    return action == "withdraw" or (needed is not None and decisions.get(needed) is not True)


def decided(
    action: PageAction, purposes: Collection[str], switched_on: Collection[str]
) -> dict[str, bool]:
    """Returns the decision for each purpose of the notice that was shown.

    switched_on: a key that the notice does not have stays in, so that consents.rules names it.
    """
    decisions = dict.fromkeys(purposes, action == "accept_all")
    return decisions | dict.fromkeys(switched_on, True) if action == "customise" else decisions
