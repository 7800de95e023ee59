"""On which legal bases the archive may be read, and what an operator must say for each. Pure.

Records whose purpose is met are kept apart and used only as a law allows (PIPA art. 21(3); the
founding policy: 법률에 의한 경우 외 이용 금지). Handing them to an authority needs its permit (PCSA
art. 13, 13-2), and the ledger of it is kept seven years (art. 13(7)).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from consent_server.errors import CommandError

State = Literal["pending", "approved", "refused", "expired"]

ITEMS: Final = ("recorded_at", "site", "path", "referrer", "ip", "device", "visitor")
"""What of a visit record can be asked for; `recorded_at` always comes with it."""
VALID_FOR: Final = timedelta(hours=24)
"""How long a request may be approved, and what was approved may be read."""
WORDS_LIMIT: Final = 300
_LONGEST: Final = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Basis:
    """A legal basis. law: where it stands. hands_over: to an authority, which names its permit."""

    code: str
    law: str
    hands_over: bool


BASES: Final = {
    basis.code: basis
    for basis in (
        Basis("communications_warrant", "통신비밀보호법 §13", hands_over=True),
        Basis("court_order", "통신비밀보호법 §13-2", hands_over=True),
        Basis("subject_access", "개인정보 보호법 §35", hands_over=False),
        Basis("breach_response", "개인정보 보호법 §34", hands_over=False),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What an operator asks to read. site_id: None means all; since is included, until is not."""

    basis: str
    reason: str
    since: datetime
    until: datetime
    items: Sequence[str]
    site_id: int | None = None
    authority: str = ""
    permit_number: str = ""


def faults_of(asked: Asked) -> dict[str, str]:
    """Returns what is missing or wrong, a code per field: required, long, unknown, order."""
    basis = BASES.get(asked.basis)
    needed = ["reason"] + (["authority", "permit_number"] if basis and basis.hands_over else [])
    faults = {name: "required" for name in needed if not getattr(asked, name).strip()}
    for name in ("reason", "authority", "permit_number"):
        if len(getattr(asked, name)) > WORDS_LIMIT:
            faults[name] = "long"
    if basis is None:
        faults["basis"] = "unknown"
    if not asked.items or not set(asked.items) <= set(ITEMS):
        faults["items"] = "unknown"
    if not timedelta(0) < asked.until - asked.since <= _LONGEST:
        faults["until"] = "order"
    return faults


def check_asked(asked: Asked) -> None:
    """Raises CommandError naming the fields that are missing or wrong."""
    if faults := faults_of(asked):
        told = ", ".join(f"{field} ({fault})" for field, fault in sorted(faults.items()))
        raise CommandError(f"This cannot be asked for: {told}.")


def state_of(
    *, asked_at: datetime, decided_at: datetime | None, is_approved: bool, now: datetime
) -> State:
    """Returns how a request stands; a decision holds for as long as the request had before it."""
    if decided_at is not None and not is_approved:
        return "refused"
    if now >= (decided_at or asked_at) + VALID_FOR:
        return "expired"
    return "pending" if decided_at is None else "approved"
